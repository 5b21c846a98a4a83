using Application.Notes;
using Domain.Notes;

namespace Application.Tests.Notes;

public sealed class NoteUseCaseTests : IAsyncDisposable
{
    private static readonly UserId Alice = UserId.Of("issuer", "alice");
    private static readonly UserId Bob = UserId.Of("issuer", "bob");

    private readonly UseCases _useCases = new(ports => ports
        .AddSingleton<NoteTable>()
        .AddScoped<INoteRepository, InMemoryNoteRepository>()
        .AddScoped<INoteReader, InMemoryNoteReader>());

    public ValueTask DisposeAsync() => _useCases.DisposeAsync();

    [Fact]
    public async Task A_note_is_read_as_it_was_last_edited()
    {
        var note = await WriteAsync("Buy milk");

        var edited = (await _useCases.SendAsync(new EditNote(Alice, note, "Buy bread"))).Value;

        Assert.Equal("Buy bread", edited.Text);
        Assert.Equal(edited, (await _useCases.SendAsync(new GetNote(Alice, note))).Value);
        Assert.Equal(2, _useCases.Commits);
    }

    [Fact]
    public async Task Another_user_can_neither_read_nor_edit_a_note()
    {
        var note = await WriteAsync("Buy milk");

        Assert.Equal("Note.NotFound", (await _useCases.SendAsync(new GetNote(Bob, note))).FirstError.Code);
        Assert.Equal("Note.NotFound", (await _useCases.SendAsync(new EditNote(Bob, note, "Mine"))).FirstError.Code);
        Assert.Equal("Buy milk", (await _useCases.SendAsync(new GetNote(Alice, note))).Value.Text);
    }

    [Fact]
    public async Task A_text_that_is_refused_is_not_committed()
    {
        var note = await WriteAsync("Buy milk");

        Assert.True((await _useCases.SendAsync(new WriteNote(Alice, "a\0b"))).IsError);
        Assert.True((await _useCases.SendAsync(new EditNote(Alice, note, new string('a', Note.MaxLength + 1)))).IsError);

        Assert.Equal(1, _useCases.Commits);
    }

    [Fact]
    public async Task Notes_are_listed_newest_first_and_in_pages()
    {
        var first = await WriteAsync("1");
        var second = await WriteAsync("2");
        await WriteAsync("3");

        var page = (await _useCases.SendAsync(new ListNotes(Alice, After: null, Limit: 2))).Value;
        var rest = (await _useCases.SendAsync(new ListNotes(Alice, new NoteId(page.Next!.Value), Limit: 2))).Value;

        Assert.Equal(["3", "2"], page.Items.Select(item => item.Text));
        Assert.Equal(second.Value, page.Next);
        Assert.Equal((first.Value, null), (Assert.Single(rest.Items).Id, rest.Next));
    }

    private async Task<NoteId> WriteAsync(string text)
    {
        _useCases.Clock.Now += TimeSpan.FromSeconds(1);
        return new((await _useCases.SendAsync(new WriteNote(Alice, text))).Value.Id);
    }
}
