namespace Integration.Tests.Wallets;

public sealed class WalletBadInputTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string AnyWallet = "/wallets/01a20c95-d6fb-80af-b6dc-6990ef209cf3";

    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Bodies { get; } = new MatrixTheoryData<string, string>(
        ["/wallets", $"{AnyWallet}/deposits"],
        [
            "", "null", "[]", "5", "\"EUR\"", "{", "{}", "{\"currency\":null}", "{\"currency\":5}", "{\"currency\":\"\"}",
            "{\"currency\":\"EURO\"}", "{\"currency\":\"XXX\"}", "{\"currency\":\"eur\"}",
            "{\"currency\":\"\\u0000\\u0000\\u0000\"}",
            "{\"currency\":\"EUR\",\"currency\":\"USD\"}", "{\"curency\":\"EUR\"}", "{\"currency\":\"EUR\",\"more\":1}",
            "{\"amount\":0,\"currency\":\"EUR\"}", "{\"amount\":-1,\"currency\":\"EUR\"}",
            "{\"amount\":1.5,\"currency\":\"EUR\"}",
            "{\"amount\":\"5\",\"currency\":\"EUR\"}", "{\"amount\":9223372036854775808,\"currency\":\"EUR\"}",
            "{\"amount\":9223372036854775807,\"currency\":\"EUR\"}", "{\"amount\":5,\"currency\":\"ZZZ\"}", "\ufffe\ud800",
        ]);

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_bad_body_gets_problem_details(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var response = await _service.ClientOf(TestService.NewSubject()).PostAsync(path, content, Cancellation);

        await HttpAssert.ProblemAsync(response, HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("/wallets?limit=0", HttpStatusCode.BadRequest)]
    [InlineData("/wallets?limit=201", HttpStatusCode.BadRequest)]
    [InlineData("/wallets?limit=-1", HttpStatusCode.BadRequest)]
    [InlineData("/wallets?limit=99999999999", HttpStatusCode.BadRequest)]
    [InlineData("/wallets?limit=abc", HttpStatusCode.BadRequest)]
    [InlineData("/wallets?after=abc", HttpStatusCode.BadRequest)]
    [InlineData("/wallets/abc", HttpStatusCode.NotFound)]
    [InlineData("/wallets/00000000-0000-0000-0000-000000000000", HttpStatusCode.NotFound)]
    [InlineData("/wallets/ffffffff-ffff-ffff-ffff-ffffffffffff", HttpStatusCode.NotFound)]
    [InlineData($"{AnyWallet}", HttpStatusCode.NotFound)]
    [InlineData($"{AnyWallet}/entries", HttpStatusCode.NotFound)]
    [InlineData($"{AnyWallet}/entries?limit=0", HttpStatusCode.BadRequest)]
    [InlineData($"{AnyWallet}/entries?after=5", HttpStatusCode.BadRequest)]
    [InlineData($"{AnyWallet}/nothing", HttpStatusCode.NotFound)]
    public async Task A_bad_address_gets_problem_details(string path, HttpStatusCode status) =>
        await HttpAssert.ProblemAsync(await _service.ClientOf(TestService.NewSubject()).GetAsync(path, Cancellation), status);

    [Theory]
    [InlineData("DELETE", "/wallets", null, HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", AnyWallet, null, HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", $"{AnyWallet}/deposits", null, HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/wallets", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_wrong_method_or_media_type_gets_problem_details(
        string method, string path, string? mediaType, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = mediaType is null ? null : new StringContent("hello", Encoding.UTF8, mediaType);

        await HttpAssert.ProblemAsync(await _service.ClientOf(TestService.NewSubject()).SendAsync(request, Cancellation), status);
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_request_is_told_at_once()
    {
        using var content = new StringContent("{\"amount\":0,\"currency\":\"EURO\"}", Encoding.UTF8, "application/json");
        var response = await _service.ClientOf(TestService.NewSubject())
            .PostAsync($"{AnyWallet}/deposits", content, Cancellation);
        var problem = await HttpAssert.ProblemAsync(response, HttpStatusCode.BadRequest);

        Assert.Equal(["amount", "currency"], problem.GetProperty("errors").EnumerateObject().Select(field => field.Name));
    }
}
