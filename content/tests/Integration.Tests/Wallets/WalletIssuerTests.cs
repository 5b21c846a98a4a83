namespace Integration.Tests.Wallets;

public sealed class WalletIssuerTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_subject_of_two_issuers_is_two_users_with_wallets_of_their_own()
    {
        await using var service = OtherIssuer.Start(fixture.Service.Databases);
        var subject = TestService.NewSubject();
        var one = service.ClientOf(subject);
        var other = service.ClientWith(OtherIssuer.TokenFor(subject));
        var opened = await one.PostAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created);
        var wallet = opened.GetProperty("id").GetString();

        await HttpAssert.ProblemAsync(await other.GetAsync($"/wallets/{wallet}", Cancellation), HttpStatusCode.NotFound);
        Assert.Empty((await other.GetAsync("/wallets", HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        Assert.Single((await one.GetAsync("/wallets", HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        await HttpAssert.ProblemAsync(
            await other.PostAsJsonAsync($"/wallets/{wallet}/deposits", new { amount = 5, currency = "EUR" }, Cancellation),
            HttpStatusCode.NotFound);
    }
}
