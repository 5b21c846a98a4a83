using Application.Sagas;
using Domain.Transfers;
using Domain.Wallets;

namespace Platform.Tests.Bank;

internal sealed partial class SampleBank
{
    /// <summary>Each by its name, with how the invariant begins that finds it.</summary>
    public static readonly Dictionary<string, (string Invariant, Action<SampleBank> Damage)> Damages = new()
    {
        ["a step done twice, since its inbox row was skipped"] = ("a transfer has ended", bank => bank.Credit(bank.Posted, 20)),
        ["posted by two holders of a lease"] = ("no balance is negative", bank => bank.Post(bank.Posted, 20)),
        ["compensated twice"] = ("a transfer has ended", bank => bank.Release(bank.Voided, 30)),
        ["credited and never reserved"] = ("a transfer has ended", bank =>
            bank.Entries.RemoveAll(entry => entry.Transfer == bank.Posted && entry.Kind is EntryKind.Reserve or EntryKind.Post)),
        ["voided after the credit"] = ("money neither appears nor vanishes", bank => bank.Credit(bank.Voided, 30)),
        ["still reserved"] = ("a transfer has ended", bank =>
            SampleBank.Change(
                bank.Transfers, row => row.Id == bank.Posted, row => row with { Status = TransferStatus.Reserved })),
        ["a saga that nobody goes on with"] = ("no saga is open or dead", bank =>
            SampleBank.Change(bank.Sagas, row => row.Id == bank.Posted, row => row with { Status = SagaStatus.Running })),
        ["a saga that is dead"] = ("no saga is open or dead", bank =>
            SampleBank.Change(bank.Sagas, row => row.Id == bank.Voided, row => row with { Status = SagaStatus.Dead })),
        ["a leg that is missing"] = ("the legs of a movement", bank => bank.Entries.RemoveAt(bank.Entries.Count - 1)),
        ["a balance changed without an entry"] = ("a balance is the sum", bank =>
            SampleBank.Change(bank.Wallets, row => row.Id == bank.Ben.Id, row => row with { Balance = row.Balance + 5 })),
        ["an update that another one overwrote"] = ("a balance is the sum", bank => SampleBank.Change(
            bank.Entries, row => row.Wallet == bank.Ada.Id && row.Kind == EntryKind.Send, row =>
                row with { Balance = row.Balance + 1 })),
        ["more spent than there was"] = ("no balance is negative", bank => bank.Legs(
            bank.Sent, EntryKind.Send, (bank.Ben, LedgerAccount.Balance, -11), (bank.Ada, LedgerAccount.Balance, 11))),
        ["money that nobody paid in"] = ("nothing happened that nobody asked for", bank => bank.Legs(
            Guid.NewGuid(), EntryKind.Deposit, (bank.Ben, LedgerAccount.Outside, -9), (bank.Ben, LedgerAccount.Balance, 9))),
        ["done twice under one key"] = ("an operation has one effect at most", bank =>
            bank.Transfers.Add(bank.Transfers.Find(row => row.Id == bank.Sent)! with { Id = Guid.NewGuid() })),
        ["a key that was stored without its effect"] = ("a key is there exactly with its effect", bank => bank.Forget(bank.Sent)),
        ["an effect that was stored without its key"] = ("a key is there exactly with its effect", bank =>
            bank.Keys.RemoveAll(row => row.Key == bank.Paid.Key)),
        ["acknowledged, and lost by a promotion"] = ("what was acknowledged is there", bank =>
        {
            bank.Keys.RemoveAll(row => row.Key == bank.OperationOf(bank.Posted).Key);
            bank.Forget(bank.Posted);
        }
        ),
        ["acknowledged, and paid to somebody else"] = ("what was acknowledged is there", bank =>
            SampleBank.Change(bank.Transfers, row => row.Id == bank.Sent, row =>
                row with { PayeeWallet = bank.Cleo.Id, Payee = bank.Cleo.Owner })),
        ["refused, and done"] = ("what was refused is not there", bank =>
        {
            bank.Asked(OperationKind.Deposit, bank.Ben, null, 77, "{}");
            bank.Legs(
                Guid.NewGuid(), EntryKind.Deposit, (bank.Ben, LedgerAccount.Outside, -78), (bank.Ben, LedgerAccount.Balance, 78));
            var refused = new Operation("refused", OperationKind.Deposit, bank.Ben, "", null, 78, "EUR");
            refused.Add(new Attempt(HttpStatusCode.Conflict, "{}"));
            bank.History.Add(refused);
        }
        ),
        ["a repeat that was answered otherwise"] = ("a repeated request is answered the same", bank =>
            bank.Paid.Add(new Attempt(HttpStatusCode.OK, """{"balance":2000}"""))),
        ["a write to the shard that had the bucket before"] = ("a user's rows are on one shard", bank =>
            bank.Placements.Add(new("shard1", bank.Ada.Owner, 7, null, "shard0"))),
        ["a bucket that two shards have"] = ("a user's rows are on one shard", bank =>
            bank.Placements.Add(new("shard1", bank.Ada.Owner, 7, "active", "shard0"))),
        ["another user's row was seen"] = ("no client saw what it should not", bank => bank.History.Surprise("I saw it.")),
    };
}
