using Application.Sagas;
using Application.Tests.Idempotency;
using Application.Tests.Sagas;
using Application.Transfers;
using Application.Wallets;
using Domain.Transfers;
using Domain.Wallets;

namespace Application.Tests.Transfers;

public sealed class CrossShardTransferTests : TransferUseCases
{
    [Fact]
    public async Task Money_is_reserved_and_a_saga_is_started_in_the_same_unit_of_work()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Carol));
        var before = UseCases.Commits;

        var transfer = (await TransferAsync(Alice, from, $"{to}", 30)).Value;

        Assert.Equal((TransferStatus.Reserved, null, null), (transfer.Status, transfer.Reason, transfer.EndedAt));
        Assert.Equal((70, 30), await HoldsAsync(Alice, from));
        Assert.Equal((0, 0), await HoldsAsync(Carol, to));
        Assert.Equal(before + 1, UseCases.Commits);
        Assert.Equal(
            new StartedSaga(
                typeof(TransferSaga),
                transfer.Id,
                Alice,
                new TransferData(transfer.Id, Alice.Value, from.Value, Carol.Value, to.Value, 30, "EUR")),
            Assert.Single(Started));
        Assert.Equal(Alice.Bucket, Uuid8.BucketOf(transfer.Id));
    }

    [Fact]
    public async Task The_sagas_steps_credit_the_payee_and_post()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Carol));
        var transfer = (await TransferAsync(Alice, from, $"{to}", 30)).Value;
        UseCases.Clock.Now += TimeSpan.FromSeconds(1);

        Assert.Null(await UseCases.FinishAsync(Assert.Single(Started)));

        Assert.Equal(((70, 0), (30, 0)), (await HoldsAsync(Alice, from), await HoldsAsync(Carol, to)));
        Assert.Equal(
            transfer with { Status = TransferStatus.Posted, EndedAt = UseCases.Clock.Now },
            await GetTransferAsync(Alice, transfer.Id));
        Assert.Equal([EntryKind.Reserve, EntryKind.Deposit], (await EntriesAsync(Alice, from)).Select(entry => entry.Kind));
        Assert.Equal(
            (EntryKind.Receive, transfer.Id, 30),
            Assert.Single((await EntriesAsync(Carol, to)).Select(entry => (entry.Kind, entry.TransferId, entry.Amount))));
        AssertLegsSumToZero();
    }

    [Theory]
    [InlineData("closed", "Wallet.PayeeClosed", "The payee's wallet is closed.")]
    [InlineData("frozen", "Wallet.PayeeFrozen", "The payee's wallet is frozen.")]
    [InlineData("gone", "Wallet.PayeeGone", "The payee's wallet does not exist any more.")]
    [InlineData("full", "Wallet.PayeeLimitExceeded", "The payee's wallet cannot hold that much more.")]
    public async Task A_credit_that_is_refused_gives_the_money_back_with_the_reason(string what, string code, string text)
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Carol));
        var transfer = (await TransferAsync(Alice, from, $"{to}", 30)).Value;
        UseCases.Clock.Now += TimeSpan.FromSeconds(1);
        await MakeAsync(what, to);

        var why = await UseCases.FinishAsync(Assert.Single(Started));

        Assert.Equal(code, why!.Value.Code);
        Assert.Equal((100, 0), await HoldsAsync(Alice, from));
        Assert.Equal(
            transfer with
            {
                Status = TransferStatus.Voided,
                Reason = new VoidReason(code, text),
                EndedAt = UseCases.Clock.Now,
            },
            await GetTransferAsync(Alice, transfer.Id));
        Assert.Equal(
            [EntryKind.Release, EntryKind.Reserve, EntryKind.Deposit],
            (await EntriesAsync(Alice, from)).Select(entry => entry.Kind));
        AssertLegsSumToZero();
    }

    [Fact]
    public async Task A_payee_with_a_wallet_of_another_currency_is_not_paid()
    {
        var from = await OpenAsync(Alice, 100);
        var inYen = (await UseCases.SendAsync(new OpenWallet(Carol, "JPY"))).Value.Id;
        var transfer = (await TransferAsync(Alice, from, $"{inYen}", 30)).Value;

        await UseCases.FinishAsync(Assert.Single(Started));

        Assert.Equal(
            new VoidReason("Wallet.PayeeCurrencyMismatch", "The payee's wallet holds JPY, and the amount is in EUR."),
            (await GetTransferAsync(Alice, transfer.Id)).Reason);
        Assert.Equal((100, 0), await HoldsAsync(Alice, from));
    }

    [Fact]
    public async Task A_payer_who_freezes_their_wallet_meanwhile_does_not_stop_the_saga()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Carol));
        await TransferAsync(Alice, from, $"{to}", 30);
        await UseCases.SendAsync(new SetWalletStatus(Alice, from, WalletStatus.Frozen));

        Assert.Null(await UseCases.FinishAsync(Assert.Single(Started)));

        Assert.Equal(((70, 0), (30, 0)), (await HoldsAsync(Alice, from), await HoldsAsync(Carol, to)));
    }

    [Fact]
    public async Task A_transfer_ends_once()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Carol));
        var transfer = new TransferId((await TransferAsync(Alice, from, $"{to}", 30)).Value.Id);
        await UseCases.FinishAsync(Assert.Single(Started));

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => UseCases.SendAsync(new EndTransfer(Alice, transfer, Refusal: null)));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => UseCases.SendAsync(new EndTransfer(Alice, transfer, WalletErrors.PayeeClosed)));

        Assert.Equal((70, 0), await HoldsAsync(Alice, from));
    }

    [Fact]
    public async Task What_the_payer_cannot_give_starts_no_saga()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Carol));
        var before = UseCases.Commits;

        var refused = await TransferAsync(Alice, from, $"{to}", 101);

        Assert.Equal("Wallet.InsufficientFunds", refused.FirstError.Code);
        Assert.Empty(Started);
        Assert.Equal(before + 1, UseCases.Commits); // The refusal.
    }

    /// <summary>Both are stored with every run, so a change of one strands the runs that are under way.</summary>
    [Fact]
    public void The_sagas_name_and_the_names_of_its_steps_stay()
    {
        ISaga saga = new TransferSaga();

        Assert.Equal("transfer", saga.Name);
        Assert.Equal(["reserve", "credit", "post"], saga.Steps.Select(step => step.Name));
    }

    [Fact]
    public void Each_step_works_in_the_name_of_whose_wallet_it_changes()
    {
        ISaga saga = new TransferSaga();
        var data = new TransferData(Guid.NewGuid(), Alice.Value, Guid.NewGuid(), Carol.Value, Guid.NewGuid(), 30, "EUR");

        Assert.Equal([Alice, Carol, Alice], saga.Steps.Select(step => step.Owner(data)));
    }

    private async Task MakeAsync(string what, WalletId wallet)
    {
        switch (what)
        {
            case "closed":
                await UseCases.SendAsync(new SetWalletStatus(Carol, wallet, WalletStatus.Closed));
                break;
            case "frozen":
                await UseCases.SendAsync(new SetWalletStatus(Carol, wallet, WalletStatus.Frozen));
                break;
            case "full":
                await UseCases.SendAsync(new DepositMoney(Carol, wallet, Wallet.Limit - 29, "EUR", RequestKeys.Of("full")));
                break;
            default:
                Table.Wallets.Remove(wallet);
                break;
        }
    }

    /// <summary>Of every movement, over all wallets and accounts. Clearing is settled, since nothing is under way.</summary>
    private void AssertLegsSumToZero()
    {
        var entries = Table.Entries.ToArray();
        Assert.All(entries.GroupBy(entry => entry.TransferId), legs => Assert.Equal(0, legs.Sum(leg => leg.Amount)));
        Assert.Equal(0, entries.Where(entry => entry.Account == LedgerAccount.Clearing).Sum(entry => entry.Amount));
    }
}
