using System.Reflection;
using Domain.Transfers;
using Domain.Wallets;

namespace Domain.Tests.Transfers;

public sealed class TransferTests
{
    private static readonly UserId Alice = UserId.Of("https://a.test", "alice");
    private static readonly UserId Carol = UserId.Of("https://a.test", "carol");
    private static readonly Currency Euro = Currency.From("EUR").Value;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = Now.AddSeconds(1);

    [Fact]
    public void A_transfer_made_at_once_is_posted_and_has_moved_the_money()
    {
        var (from, to) = (WalletWith(100), Wallet.Open(Carol, Euro, Now));

        var transfer = Transfer.MakeAtOnce(from, to, new Money(30, Euro), Later).Value;

        Assert.Equal(Later, Assert.IsType<TransferState.Posted>(transfer.State).At);
        AssertIsOf(transfer, from, to);
        Assert.Equal((70, 30), (from.Balance, to.Balance));
        Assert.Equal((transfer.Id, transfer.Id), (from.NewEntries[^1].TransferId, to.NewEntries[^1].TransferId));
    }

    [Fact]
    public void A_reserved_transfer_has_set_the_money_aside()
    {
        var (from, to) = (WalletWith(100), Wallet.Open(Carol, Euro, Now));

        var transfer = Transfer.Reserve(from, Carol, to.Id, new Money(30, Euro), Later).Value;

        Assert.Equal(Later, Assert.IsType<TransferState.Reserved>(transfer.State).Since);
        AssertIsOf(transfer, from, to);
        Assert.Equal((70, 30, 0), (from.Balance, from.Pending, to.Balance));
        Assert.Equal(transfer.Id, from.NewEntries[^1].TransferId);
    }

    [Fact]
    public void A_reserved_transfer_ends_posted()
    {
        var transfer = Reserved();

        transfer.End(((TransferState.Reserved)transfer.State).Post(Later));

        Assert.Equal(Later, Assert.IsType<TransferState.Posted>(transfer.State).At);
    }

    [Fact]
    public void A_reserved_transfer_ends_voided_for_a_reason()
    {
        var transfer = Reserved();

        transfer.End(((TransferState.Reserved)transfer.State).Void(WalletErrors.PayeeClosed, Later));

        var voided = Assert.IsType<TransferState.Voided>(transfer.State);
        Assert.Equal(("Wallet.PayeeClosed", "The payee's wallet is closed.", Later), (voided.Code, voided.Reason, voided.At));
    }

    [Fact]
    public void A_transfer_does_not_end_before_it_began_when_a_clock_is_behind()
    {
        var reserved = (TransferState.Reserved)Reserved().State;

        Assert.Equal(Now, reserved.Post(Now.AddSeconds(-1)).At);
        Assert.Equal(Now, reserved.Void(WalletErrors.PayeeClosed, Now.AddSeconds(-1)).At);
    }

    [Fact]
    public void Only_a_reserved_transfer_can_be_ended_and_only_its_state_makes_the_ends()
    {
        Type[] states = [typeof(TransferState.Reserved), typeof(TransferState.Posted), typeof(TransferState.Voided)];

        var transitions =
            from state in states
            from method in state.GetMethods(BindingFlags.Public | BindingFlags.Instance)
            where typeof(TransferState).IsAssignableFrom(method.ReturnType)
                && !method.IsSpecialName && !method.Name.Contains('$', StringComparison.Ordinal)
            select (state.Name, method.Name);
        Assert.Equal([("Reserved", "Post"), ("Reserved", "Void")], transitions.Order());
        Assert.All(states, state => Assert.Empty(state.GetConstructors()));
        Assert.All(states, state => Assert.All(state.GetProperties(), property => Assert.Null(property.SetMethod)));
    }

    [Fact]
    public void A_transfer_to_the_same_wallet_is_refused()
    {
        var wallet = WalletWith(100);

        Assert.Equal(TransferErrors.SameWallet, Transfer.MakeAtOnce(wallet, wallet, new Money(1, Euro), Now).FirstError);
        Assert.Equal(TransferErrors.SameWallet, Transfer.Reserve(wallet, Alice, wallet.Id, new Money(1, Euro), Now).FirstError);
        Assert.Equal((100, 0), (wallet.Balance, wallet.Pending));
    }

    [Fact]
    public void What_a_wallet_refuses_makes_no_transfer()
    {
        var (from, to) = (WalletWith(100), Wallet.Open(Carol, Euro, Now));
        var money = new Money(101, Euro);

        Assert.Equal("Wallet.InsufficientFunds", Transfer.MakeAtOnce(from, to, money, Now).FirstError.Code);
        Assert.Equal("Wallet.InsufficientFunds", Transfer.Reserve(from, Carol, to.Id, money, Now).FirstError.Code);
    }

    private static void AssertIsOf(Transfer transfer, Wallet from, Wallet to)
    {
        Assert.Equal((from.Owner, from.Id), (transfer.Owner, transfer.WalletId));
        Assert.Equal((to.Owner, to.Id), (transfer.PayeeId, transfer.PayeeWalletId));
        Assert.Equal((new Money(30, Euro), Later), (transfer.Money, transfer.CreatedAt));
        Assert.Equal(from.Owner.Bucket, transfer.Id.Bucket);
    }

    private static Transfer Reserved() =>
        Transfer.Reserve(WalletWith(100), Carol, WalletId.New(Carol, Now), new Money(30, Euro), Now).Value;

    private static Wallet WalletWith(long amount)
    {
        var wallet = Wallet.Open(Alice, Euro, Now);
        Assert.False(wallet.Deposit(new Money(amount, Euro), Now).IsError);
        return wallet;
    }
}
