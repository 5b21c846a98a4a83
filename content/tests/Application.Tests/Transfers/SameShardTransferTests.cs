using Application.Payees;
using Application.Wallets;
using Domain.Transfers;
using Domain.Wallets;

namespace Application.Tests.Transfers;

public sealed class SameShardTransferTests : TransferUseCases
{
    [Fact]
    public async Task Money_is_there_at_once()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));

        var transfer = (await TransferAsync(Alice, from, $"{to}", 30)).Value;

        Assert.Equal((TransferStatus.Posted, null), (transfer.Status, transfer.Reason));
        Assert.Equal((from.Value, to.Value, 30, "EUR"), (transfer.From, transfer.To, transfer.Amount, transfer.Currency));
        Assert.Equal((UseCases.Clock.Now, UseCases.Clock.Now), (transfer.CreatedAt, transfer.EndedAt));
        Assert.Equal((70, 0), await HoldsAsync(Alice, from));
        Assert.Equal((30, 0), await HoldsAsync(Bob, to));
        Assert.Empty(Started);
    }

    [Fact]
    public async Task Both_see_an_entry_of_the_transfer()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));

        var transfer = (await TransferAsync(Alice, from, $"{to}", 30)).Value;

        var sent = (await EntriesAsync(Alice, from))[0];
        Assert.Equal(
            new EntryView(sent.Id, EntryKind.Send, transfer.Id, Amount: -30, Balance: 70, UseCases.Clock.Now), sent);
        var received = Assert.Single(await EntriesAsync(Bob, to));
        Assert.Equal(
            new EntryView(received.Id, EntryKind.Receive, transfer.Id, Amount: 30, Balance: 30, UseCases.Clock.Now), received);
    }

    [Fact]
    public async Task A_payee_can_be_paid_by_handle()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));
        await UseCases.SendAsync(new SetHandle(Bob, "bob", to));

        var transfer = (await TransferAsync(Alice, from, "bob", 30)).Value;

        Assert.Equal(to.Value, transfer.To);
        Assert.Equal((30, 0), await HoldsAsync(Bob, to));
    }

    [Fact]
    public async Task A_user_can_move_money_between_wallets_of_their_own()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Alice));

        Assert.Equal(TransferStatus.Posted, (await TransferAsync(Alice, from, $"{to}", 100)).Value.Status);

        Assert.Equal(((0, 0), (100, 0)), (await HoldsAsync(Alice, from), await HoldsAsync(Alice, to)));
    }

    [Fact]
    public async Task More_than_there_is_cannot_be_sent()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));

        await AssertRefusedAsync(from, $"{to}", 101, "Wallet.InsufficientFunds", ErrorType.Conflict);

        Assert.Equal(((100, 0), (0, 0)), (await HoldsAsync(Alice, from), await HoldsAsync(Bob, to)));
    }

    [Fact]
    public async Task A_payee_who_cannot_take_the_money_is_told_of_and_nothing_is_committed()
    {
        var from = await OpenAsync(Alice, 100);
        var frozen = await OpenAsync(Bob);
        await UseCases.SendAsync(new SetWalletStatus(Bob, frozen, WalletStatus.Frozen));
        var closed = await OpenAsync(Bob);
        await UseCases.SendAsync(new SetWalletStatus(Bob, closed, WalletStatus.Closed));
        var full = await OpenAsync(Bob, Wallet.Limit);
        var inYen = (await UseCases.SendAsync(new OpenWallet(Bob, "JPY"))).Value.Id;

        await AssertRefusedAsync(from, $"{frozen}", 1, "Wallet.PayeeFrozen", ErrorType.Conflict);
        await AssertRefusedAsync(from, $"{closed}", 1, "Wallet.PayeeClosed", ErrorType.Conflict);
        await AssertRefusedAsync(from, $"{full}", 1, "Wallet.PayeeLimitExceeded", ErrorType.Conflict);
        await AssertRefusedAsync(from, $"{inYen}", 1, "Wallet.PayeeCurrencyMismatch", ErrorType.Conflict);

        Assert.Equal((100, 0), await HoldsAsync(Alice, from));
    }

    [Fact]
    public async Task A_transfer_needs_two_wallets_that_are_there()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));
        var nowhere = WalletId.New(Bob, UseCases.Clock.Now);

        await AssertRefusedAsync(from, $"{from}", 1, "Transfer.SameWallet", ErrorType.Validation);
        await AssertRefusedAsync(from, $"{nowhere}", 1, "Payee.NotFound", ErrorType.NotFound);
        await AssertRefusedAsync(from, "nobody", 1, "Payee.NotFound", ErrorType.NotFound);
        await AssertRefusedAsync(from, "No Handle", 1, "Handle.Malformed", ErrorType.Validation);
        await AssertRefusedAsync(to, $"{from}", 1, "Wallet.NotFound", ErrorType.NotFound);
    }

    [Fact]
    public async Task A_transfer_with_three_faults_is_told_all_of_them()
    {
        var from = await OpenAsync(Alice, 100);

        var refused = await TransferAsync(Alice, from, "", 0, "euro");

        Assert.Equal(["to", "amount", "currency"], refused.Errors.Select(error => error.FieldName()));
        Assert.All(refused.Errors, error => Assert.Equal(ErrorType.Validation, error.Type));
    }

    private async Task AssertRefusedAsync(WalletId from, string to, long amount, string code, ErrorType type)
    {
        var before = UseCases.Commits;

        var refused = await TransferAsync(Alice, from, to, amount);

        Assert.Equal((code, type), (refused.FirstError.Code, refused.FirstError.Type));
        Assert.InRange(UseCases.Commits - before, 0, 1); // Nothing but the refusal.
        Assert.Empty(Started);
    }
}
