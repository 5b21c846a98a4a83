using Application.Idempotency;
using Application.Tests.Idempotency;
using Application.Wallets;
using Domain.Wallets;

namespace Application.Tests.Wallets;

public sealed class WalletCommandTests : WalletUseCases
{
    [Fact]
    public async Task An_opened_wallet_is_stored_empty_for_its_owner()
    {
        var opened = (await UseCases.SendAsync(new OpenWallet(Alice, "EUR"))).Value;

        Assert.Equal(
            new WalletView(opened.Id, "EUR", Balance: 0, Pending: 0, WalletStatus.Active, Version: 1, UseCases.Clock.Now),
            opened);
        Assert.Equal(opened, (await UseCases.SendAsync(new GetWallet(Alice, new(opened.Id)))).Value);
        Assert.Equal(1, UseCases.Commits);
    }

    [Fact]
    public async Task A_wallet_is_in_its_owners_bucket()
    {
        var opened = (await UseCases.SendAsync(new OpenWallet(Alice, "EUR"))).Value;

        Assert.Equal(Alice.Bucket, new WalletId(opened.Id).Bucket);
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

        var answer = (await UseCases.SendAsync(Deposit(Alice, id, 1050))).Value;

        Assert.Equal((1050, 2), (answer.Balance, answer.Version));
        Assert.Equal(answer, (await UseCases.SendAsync(new GetWallet(Alice, id))).Value);
        var entries = (await UseCases.SendAsync(new ListEntries(Alice, id, After: null, Limit: 10))).Value;
        var entry = Assert.Single(entries.Items);
        Assert.Equal(
            new EntryView(entry.Id, EntryKind.Deposit, entry.TransferId, Amount: 1050, Balance: 1050, UseCases.Clock.Now),
            entry);
    }

    [Fact]
    public async Task A_repeated_deposit_gets_the_first_answer_and_moves_money_once()
    {
        var id = await OpenAsync(Alice);
        var deposit = Deposit(Alice, id, 1050);

        var first = await UseCases.SendAsync(deposit);
        await UseCases.SendAsync(Deposit(Alice, id, 1));
        var second = await UseCases.SendAsync(deposit);

        Assert.Equal(1050, first.Value.Balance);
        Assert.Equal(first.Value, second.Value);
        Assert.Equal(1051, (await UseCases.SendAsync(new GetWallet(Alice, id))).Value.Balance);
    }

    [Fact]
    public async Task The_key_of_another_deposit_is_refused_and_commits_nothing()
    {
        var id = await OpenAsync(Alice);
        var deposit = Deposit(Alice, id, 1050);
        await UseCases.SendAsync(deposit);

        await AssertRefusedAsync(deposit with { Amount = 1051, Key = RequestKeys.Of(deposit.Key.Value, 1051) },
            "Idempotency.OtherRequest", ErrorType.Failure);
    }

    [Fact]
    public async Task A_frozen_wallet_takes_no_money_until_its_owner_ends_it()
    {
        var id = await OpenAsync(Alice);

        Assert.Equal(
            WalletStatus.Frozen, (await UseCases.SendAsync(new SetWalletStatus(Alice, id, WalletStatus.Frozen))).Value.Status);
        await AssertRefusedAsync(Deposit(Alice, id, 1), "Wallet.Frozen", ErrorType.Conflict);

        Assert.Equal(
            WalletStatus.Active, (await UseCases.SendAsync(new SetWalletStatus(Alice, id, WalletStatus.Active))).Value.Status);
        Assert.False((await UseCases.SendAsync(Deposit(Alice, id, 1))).IsError);
    }

    [Fact]
    public async Task An_empty_wallet_is_closed_for_good()
    {
        var id = await OpenAsync(Alice);

        Assert.Equal(
            WalletStatus.Closed, (await UseCases.SendAsync(new SetWalletStatus(Alice, id, WalletStatus.Closed))).Value.Status);

        await AssertRefusedAsync(Deposit(Alice, id, 1), "Wallet.Closed", ErrorType.Conflict);
        await AssertRefusedAsync(new SetWalletStatus(Alice, id, WalletStatus.Active), "Wallet.Closed", ErrorType.Conflict);
    }

    [Fact]
    public async Task A_wallet_with_money_stays_open()
    {
        var id = await OpenAsync(Alice, 1);

        await AssertRefusedAsync(new SetWalletStatus(Alice, id, WalletStatus.Closed), "Wallet.NotEmpty", ErrorType.Conflict);

        Assert.Equal(WalletStatus.Active, (await UseCases.SendAsync(new GetWallet(Alice, id))).Value.Status);
    }

    [Fact]
    public async Task Nobody_changes_the_status_of_a_wallet_that_is_not_theirs()
    {
        var id = await OpenAsync(Alice);

        await AssertRefusedAsync(new SetWalletStatus(Bob, id, WalletStatus.Frozen), "Wallet.NotFound", ErrorType.NotFound);
        await AssertRefusedAsync(new SetWalletStatus(Bob, id, WalletStatus.Active), "Wallet.NotFound", ErrorType.NotFound);
        await AssertRefusedAsync(new SetWalletStatus(Bob, id, WalletStatus.Closed), "Wallet.NotFound", ErrorType.NotFound);
    }

    [Fact]
    public async Task A_deposit_in_another_currency_is_refused_and_commits_nothing()
    {
        var id = await OpenAsync(Alice);

        await AssertRefusedAsync(Deposit(Alice, id, 1050, "JPY"), "Wallet.CurrencyMismatch", ErrorType.Validation);
    }

    [Fact]
    public async Task A_deposit_above_the_limit_of_the_wallet_is_refused_and_commits_nothing()
    {
        var id = await OpenAsync(Alice, Wallet.Limit);

        await AssertRefusedAsync(Deposit(Alice, id, 1), "Wallet.LimitExceeded", ErrorType.Conflict);
    }

    [Fact]
    public async Task Nobody_pays_into_a_wallet_that_is_not_theirs()
    {
        var id = await OpenAsync(Alice);

        await AssertRefusedAsync(Deposit(Bob, id, 1), "Wallet.NotFound", ErrorType.NotFound);
    }

    [Fact]
    public async Task A_deposit_with_two_faults_is_told_both_and_commits_nothing()
    {
        var id = await OpenAsync(Alice);
        var before = UseCases.Commits;

        var refused = await UseCases.SendAsync(Deposit(Alice, id, amount: 0, currency: "euro"));

        Assert.Equal(["amount", "currency"], refused.Errors.Select(error => error.FieldName()));
        Assert.Equal(before, UseCases.Commits);
    }

    private static DepositMoney Deposit(UserId owner, WalletId id, long amount, string currency = "EUR") =>
        new(owner, id, amount, currency, RequestKeys.Of($"{Guid.NewGuid()}"));

    private async Task AssertRefusedAsync(ICommand<ErrorOr<WalletView>> command, string code, ErrorType type)
    {
        var before = UseCases.Commits;

        var refused = await UseCases.SendAsync(command);

        Assert.Equal((code, type), (refused.FirstError.Code, refused.FirstError.Type));
        // The refusal is kept, unless it is of the key.
        var isKept = command is IIdempotentCommand && code != IdempotencyErrors.OtherRequest.Code;
        Assert.Equal(before + (isKept ? 1 : 0), UseCases.Commits);
    }
}
