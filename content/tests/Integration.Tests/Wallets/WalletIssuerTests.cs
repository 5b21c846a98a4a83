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
        var wallet = await one.OpenWalletAsync();

        await HttpAssert.ProblemAsync(await other.GetAsync($"/wallets/{wallet}", Cancellation), HttpStatusCode.NotFound);
        Assert.Empty(await other.ItemsAsync("/wallets"));
        Assert.Single(await one.ItemsAsync("/wallets"));
        await HttpAssert.ProblemAsync(await other.TryDepositAsync(wallet, 5), HttpStatusCode.NotFound);
    }
}
