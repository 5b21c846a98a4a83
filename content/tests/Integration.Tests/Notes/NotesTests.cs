namespace Integration.Tests.Notes;

public sealed class NotesTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_note_is_written_and_with_its_token_read_back_at_once()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var written = await alice.PostAsJsonAsync("/notes", new { text = "Buy milk" }, Cancellation);
        var note = await HttpAssert.JsonAsync(written, HttpStatusCode.Created);
        Assert.Equal("db;desc=\"primary\"", written.ServerTiming());

        var answer = await alice.SendAsync(
            HttpMethod.Get, $"{written.Headers.Location}", body: null, ("Sync-Token", written.SyncToken()));
        var read = await HttpAssert.JsonAsync(answer, HttpStatusCode.OK);

        Assert.Equal(note.GetRawText(), read.GetRawText());
    }

    [Fact]
    public async Task An_edit_is_stored()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var note = await WriteAsync(alice, "Buy milk");
        var edited = await HttpAssert.JsonAsync(
            await alice.PutAsJsonAsync(note, new { text = "Buy bread" }, Cancellation), HttpStatusCode.OK);

        await _service.Databases.ReplicaHasCaughtUpAsync();

        Assert.Equal("Buy bread", edited.Text("text"));
        Assert.Equal(edited.GetRawText(), (await alice.GetAsync(note, HttpStatusCode.OK)).GetRawText());
    }

    [Fact]
    public async Task Another_user_sees_nothing_of_a_note_and_cannot_edit_it()
    {
        var note = await WriteAsync(_service.ClientOf(TestService.NewSubject()), "Buy milk");
        await _service.Databases.ReplicaHasCaughtUpAsync();
        foreach (var shard in new[] { 0, 1 })
        {
            var stranger = _service.ClientOf(TestService.NewSubject(shard));
            var edit = await stranger.PutAsJsonAsync(note, new { text = "Mine" }, Cancellation);

            await HttpAssert.ProblemAsync(edit, HttpStatusCode.NotFound);
            await HttpAssert.ProblemAsync(await stranger.GetAsync(note, Cancellation), HttpStatusCode.NotFound);
            Assert.Empty(await stranger.ItemsAsync("/notes"));
        }
    }

    [Fact]
    public async Task Notes_are_listed_by_keyset_each_once_and_newest_first()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        foreach (var text in new[] { "1", "2", "3", "4", "5" })
        {
            await WriteAsync(alice, text);
        }

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var pages = await alice.PagesAsync("/notes", limit: 2);

        Assert.Equal(["5", "4", "3", "2", "1"], pages.SelectMany(page => page).Select(note => note.Text("text")));
        Assert.Equal(3, pages.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    public async Task A_text_that_cannot_be_kept_is_refused(string text)
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var refused = await alice.PostAsJsonAsync("/notes", new { text }, Cancellation);

        await HttpAssert.ProblemAsync(refused, HttpStatusCode.BadRequest);
    }

    private static async Task<string> WriteAsync(HttpClient client, string text) =>
        $"/notes/{(await client.PostAsync("/notes", new { text }, HttpStatusCode.Created)).Text("id")}";
}
