namespace Integration.Tests.Transfers;

public sealed class TransferBadInputTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string AnyId = "01a20c95-d6fb-80af-b6dc-6990ef209cf3";

    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData($$"""{"from":"abc","to":"bob","amount":1,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":null,"amount":1,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"","amount":1,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"No Handle!","amount":1,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"\u0000\u0000\u0000","amount":1,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"bob","amount":0,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"bob","amount":-1,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"bob","amount":1.5,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"bob","amount":9223372036854775807,"currency":"EUR"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"bob","amount":1,"currency":"EURO"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"bob","amount":1,"currency":"XXX"}""")]
    [InlineData($$"""{"from":"{{AnyId}}","to":"bob","amount":1,"currency":"EUR","more":1}""")]
    public async Task A_bad_body_gets_problem_details(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var response = await _service.ClientOf(TestService.NewSubject()).PostAsync("/transfers", content, Cancellation);

        Assert.InRange((int)response.StatusCode, 400, 404);
        await HttpAssert.ProblemAsync(response, response.StatusCode);
    }

    [Fact]
    public async Task A_payee_or_a_wallet_that_is_not_there_is_not_found()
    {
        var alice = await Person.ComeAsync(_service, shard: 0, balance: 10);
        await HttpAssert.ProblemAsync(await alice.PayAsync("nobody-at-all", 1), HttpStatusCode.NotFound);
        await HttpAssert.ProblemAsync(await alice.PayAsync($"{Guid.NewGuid()}", 1), HttpStatusCode.NotFound);
        await HttpAssert.ProblemAsync(await alice.PayAsync(alice.Wallet, 1), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("/transfers?limit=0", HttpStatusCode.BadRequest)]
    [InlineData("/transfers?limit=201", HttpStatusCode.BadRequest)]
    [InlineData("/transfers?after=abc", HttpStatusCode.BadRequest)]
    [InlineData("/transfers/abc", HttpStatusCode.NotFound)]
    [InlineData($"/transfers/{AnyId}", HttpStatusCode.NotFound)]
    [InlineData("/payees/nobody-at-all", HttpStatusCode.NotFound)]
    [InlineData("/payees/x", HttpStatusCode.BadRequest)]
    public async Task A_bad_address_gets_problem_details(string path, HttpStatusCode status) =>
        await HttpAssert.ProblemAsync(await _service.ClientOf(TestService.NewSubject()).GetAsync(path, Cancellation), status);
}
