using Acme.Service.Application.Common;
using Acme.Service.Application.Wallets;
using Acme.Service.Domain.Wallets;
using ErrorOr;

namespace Acme.Service.Application.Tests.Wallets;

public sealed class WalletCommandTests : WalletUseCases
{
    [Fact]
    public async Task An_opened_wallet_is_stored_empty_for_its_owner()
    {
        var id = (await UseCases.SendAsync(new OpenWallet(Alice, "EUR"))).Value;

        var wallet = (await UseCases.SendAsync(new GetWallet(Alice, id))).Value;
        Assert.Equal(new WalletView(id.Value, "EUR", Balance: 0, Version: 1, UseCases.Clock.Now), wallet);
        Assert.Equal(1, UseCases.Commits);
    }

    [Fact]
    public async Task A_wallet_is_in_its_owners_bucket()
    {
        var id = (await UseCases.SendAsync(new OpenWallet(Alice, "EUR"))).Value;

        Assert.Equal(Alice.Bucket, id.Bucket);
    }

    [Fact]
    public async Task A_currency_that_does_not_exist_commits_nothing()
    {
        var refused = await UseCases.SendAsync(new OpenWallet(Alice, "XXX"));

        Assert.Equal("Currency.Unknown", refused.FirstError.Code);
        Assert.Equal(0, UseCases.Commits);
    }

    [Fact]
    public async Task A_deposit_is_stored_with_its_entry()
    {
        var id = await OpenAsync(Alice);

        var entry = (await UseCases.SendAsync(new DepositMoney(Alice, id, 1050, "EUR"))).Value;

        var wallet = (await UseCases.SendAsync(new GetWallet(Alice, id))).Value;
        Assert.Equal((1050, 2), (wallet.Balance, wallet.Version));
        var entries = (await UseCases.SendAsync(new ListEntries(Alice, id, After: null, Limit: 10))).Value;
        Assert.Equal(
            new EntryView(entry.Value, EntryKind.Deposit, Amount: 1050, Balance: 1050, UseCases.Clock.Now),
            Assert.Single(entries.Items));
    }

    [Fact]
    public async Task A_deposit_in_another_currency_is_refused_and_commits_nothing()
    {
        var id = await OpenAsync(Alice);

        await AssertRefusedAsync(new DepositMoney(Alice, id, 1050, "JPY"), "Wallet.CurrencyMismatch", ErrorType.Validation);
    }

    [Fact]
    public async Task A_deposit_above_the_limit_of_the_wallet_is_refused_and_commits_nothing()
    {
        var id = await OpenAsync(Alice, Wallet.Limit);

        await AssertRefusedAsync(new DepositMoney(Alice, id, 1, "EUR"), "Wallet.LimitExceeded", ErrorType.Conflict);
    }

    [Fact]
    public async Task Nobody_pays_into_a_wallet_that_is_not_theirs()
    {
        var id = await OpenAsync(Alice);

        await AssertRefusedAsync(new DepositMoney(Bob, id, 1, "EUR"), "Wallet.NotFound", ErrorType.NotFound);
    }

    [Fact]
    public async Task A_deposit_with_two_faults_is_told_both_and_commits_nothing()
    {
        var id = await OpenAsync(Alice);
        var before = UseCases.Commits;

        var refused = await UseCases.SendAsync(new DepositMoney(Alice, id, Amount: 0, Currency: "euro"));

        Assert.Equal(["amount", "currency"], refused.Errors.Select(error => error.FieldName()));
        Assert.Equal(before, UseCases.Commits);
    }

    private async Task AssertRefusedAsync(DepositMoney deposit, string code, ErrorType type)
    {
        var before = UseCases.Commits;

        var refused = await UseCases.SendAsync(deposit);

        Assert.Equal((code, type), (refused.FirstError.Code, refused.FirstError.Type));
        Assert.Equal(before, UseCases.Commits);
    }
}
