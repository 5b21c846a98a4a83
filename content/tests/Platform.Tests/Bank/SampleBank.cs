using Application.Sagas;
using Domain.Transfers;
using Domain.Wallets;

namespace Platform.Tests.Bank;

/// <summary>A bank written by hand, in which all is right, to be damaged.</summary>
internal sealed partial class SampleBank
{
    public SampleBank()
    {
        Ada = NewWallet("shard0");
        Ben = NewWallet("shard0");
        Cleo = NewWallet("shard1");

        Paid = Asked(OperationKind.Deposit, Ada, null, 1_000, """{"balance":1000}""");
        var deposit = Guid.NewGuid();
        Legs(deposit, EntryKind.Deposit, (Ada, LedgerAccount.Outside, -1_000), (Ada, LedgerAccount.Balance, 1_000));

        Sent = NewTransfer(Ben, 10, TransferStatus.Posted);
        Legs(Sent, EntryKind.Send, (Ada, LedgerAccount.Balance, -10));
        Legs(Sent, EntryKind.Receive, (Ben, LedgerAccount.Balance, 10));

        Posted = NewTransfer(Cleo, 20, TransferStatus.Posted, SagaStatus.Completed);
        Reserve(Posted, 20);
        Credit(Posted, 20);
        Post(Posted, 20);

        Voided = NewTransfer(Cleo, 30, TransferStatus.Voided, SagaStatus.Compensated);
        Reserve(Voided, 30);
        Release(Voided, 30);
    }

    public BankHistory History { get; } = new();

    public List<WalletRow> Wallets { get; } = [];

    public List<EntryRow> Entries { get; } = [];

    public List<TransferRow> Transfers { get; } = [];

    public List<SagaRow> Sagas { get; } = [];

    public List<KeyRow> Keys { get; } = [];

    public List<Placement> Placements { get; } = [];

    public BankWallet Ada { get; }

    public BankWallet Ben { get; }

    public BankWallet Cleo { get; }

    public Operation Paid { get; }

    /// <summary>Ids of transfers: on one shard, across shards, and across shards in vain.</summary>
    public Guid Sent { get; }

    public Guid Posted { get; }

    public Guid Voided { get; }

    public BankState State => new(Wallets, Entries, Transfers, Sagas, Keys, Placements);

    public Operation OperationOf(Guid transfer) => History.Operations.Single(operation => operation.Amount == AmountOf(transfer));

    public long AmountOf(Guid transfer) => Transfers.Find(row => row.Id == transfer)!.Amount;

    public void Reserve(Guid transfer, long amount) =>
        Legs(transfer, EntryKind.Reserve, (Ada, LedgerAccount.Balance, -amount), (Ada, LedgerAccount.Pending, amount));

    public void Credit(Guid transfer, long amount) =>
        Legs(transfer, EntryKind.Receive, (Cleo, LedgerAccount.Clearing, -amount), (Cleo, LedgerAccount.Balance, amount));

    public void Post(Guid transfer, long amount) =>
        Legs(transfer, EntryKind.Post, (Ada, LedgerAccount.Pending, -amount), (Ada, LedgerAccount.Clearing, amount));

    public void Release(Guid transfer, long amount) =>
        Legs(transfer, EntryKind.Release, (Ada, LedgerAccount.Pending, -amount), (Ada, LedgerAccount.Balance, amount));

    /// <summary>Enters legs, and keeps the wallets' balances up with them.</summary>
    public void Legs(Guid transfer, EntryKind kind, params (BankWallet Wallet, LedgerAccount Account, long Amount)[] legs)
    {
        foreach (var (wallet, account, amount) in legs)
        {
            var index = Wallets.FindIndex(row => row.Id == wallet.Id);
            var row = Wallets[index];
            long? balance = null;
            if (account == LedgerAccount.Balance)
            {
                row = row with { Balance = row.Balance + amount };
                balance = row.Balance;
            }
            else if (account == LedgerAccount.Pending)
            {
                row = row with { Pending = row.Pending + amount };
                balance = row.Pending;
            }

            Wallets[index] = row;
            Entries.Add(new(row.Shard, Guid.NewGuid(), wallet.Owner, wallet.Id, account, transfer, kind, amount, balance));
        }
    }

    /// <summary>Takes away what a transfer has left.</summary>
    public void Forget(Guid transfer)
    {
        Entries.RemoveAll(entry => entry.Transfer == transfer);
        Transfers.RemoveAll(row => row.Id == transfer);
        Sagas.RemoveAll(row => row.Id == transfer);
    }

    public static void Change<T>(List<T> rows, Predicate<T> which, Func<T, T> change)
    {
        var index = rows.FindIndex(which);
        rows[index] = change(rows[index]);
    }

    public Operation Asked(OperationKind kind, BankWallet wallet, BankWallet? payee, long amount, string answer)
    {
        var operation = new Operation($"key-{amount}", kind, wallet, $"{payee?.Id}", payee, amount, "EUR");
        operation.Add(new Attempt(HttpStatusCode.OK, answer));
        History.Add(operation);
        Keys.Add(new("shard0", wallet.Owner, operation.Key, answer));
        return operation;
    }

    private BankWallet NewWallet(string shard)
    {
        var wallet = new BankWallet(Guid.NewGuid(), "", Guid.NewGuid(), shard == "shard0" ? 0 : 1, "EUR", null);
        Wallets.Add(new(shard, wallet.Id, wallet.Owner, "EUR", 0, 0));
        Placements.Add(new(shard, wallet.Owner, 7, "active", shard));
        return wallet;
    }

    private Guid NewTransfer(BankWallet to, long amount, TransferStatus status, SagaStatus? saga = null)
    {
        var id = Guid.NewGuid();
        Asked(OperationKind.Transfer, Ada, to, amount, $$"""{"id":"{{id}}"}""");
        Transfers.Add(new("shard0", id, Ada.Owner, Ada.Id, to.Owner, to.Id, amount, "EUR", status));
        if (saga is { } state)
        {
            Sagas.Add(new("shard0", id, Ada.Owner, state, 2, null));
        }

        return id;
    }
}
