using Application.Sagas;
using Domain.Transfers;
using Domain.Wallets;

namespace Platform.Tests.Bank;

/// <summary>
/// What must hold of a bank that is at rest: all faults are healed, all sagas have had their time. Knows nothing of how
/// the service works, only its rows and what its clients were told. A violation is a sentence that names what is wrong.
/// </summary>
internal static class BankChecker
{
    public static IReadOnlyList<(string Name, Func<BankState, BankHistory, IEnumerable<string>> Check)> Invariants { get; } =
    [
        ("the legs of a movement sum to zero", LegsSumToZero),
        ("money neither appears nor vanishes", TheTotalIsWhatWasPaidIn),
        ("a balance is the sum of its entries", BalancesAreSums),
        ("no balance is negative", NoBalanceIsNegative),
        ("an operation has one effect at most", OneEffectAtMost),
        ("a repeated request is answered the same", RepeatsAreAnsweredTheSame),
        ("what was acknowledged is there", AcknowledgedIsThere),
        ("what was refused is not there", RefusedIsNotThere),
        ("a key is there exactly with its effect", KeysAndEffectsAgree),
        ("nothing happened that nobody asked for", NothingUnasked),
        ("a transfer has ended, and as its legs say", TransfersHaveEnded),
        ("no saga is open or dead", SagasHaveEnded),
        ("a user's rows are on one shard, the right one", UsersAreOnOneShard),
        ("no client saw what it should not", (_, history) => history.Surprises),
    ];

    public static IReadOnlyList<string> Check(BankState state, BankHistory history) =>
        [.. from invariant in Invariants from violation in invariant.Check(
            state, history) select $"{violation} [{invariant.Name}]"];

    /// <summary>Not shard by shard: a wallet's legs move with it.</summary>
    private static IEnumerable<string> LegsSumToZero(BankState state, BankHistory history) =>
        from legs in state.Entries.GroupBy(
            entry => (entry.Transfer, Kind: entry.Kind == EntryKind.Send ? EntryKind.Receive : entry.Kind))
        let sum = legs.Sum(leg => leg.Amount)
        where sum != 0
        select $"The legs of transfer {legs.Key.Transfer} of the kind {legs.Key.Kind} sum to {sum}.";

    private static IEnumerable<string> TheTotalIsWhatWasPaidIn(BankState state, BankHistory history)
    {
        var currencies = state.Wallets.GroupBy(wallet => wallet.Id).ToDictionary(same => same.Key, same => same.First().Currency);
        var deposits = history.Operations.Where(operation => operation.Kind == OperationKind.Deposit).ToArray();
        foreach (var currency in currencies.Values.Distinct())
        {
            var legs = state.Entries.Where(entry => currencies.GetValueOrDefault(entry.Wallet) == currency).ToArray();
            var held = state.Wallets.Where(wallet => wallet.Currency == currency).Sum(wallet => wallet.Balance + wallet.Pending);
            var underWay = legs.Where(leg => leg.Account == LedgerAccount.Clearing).Sum(leg => leg.Amount);
            var paidIn = -legs.Where(leg => leg.Account == LedgerAccount.Outside).Sum(leg => leg.Amount);
            if (held + underWay != paidIn)
            {
                yield return $"Wallets hold {held} {currency} and {underWay} are under way between shards, but {paidIn} "
                    + "were paid in.";
            }

            if (underWay != 0)
            {
                yield return $"{underWay} {currency} are between shards for good.";
            }

            var certain = deposits.Where(deposit => deposit.Currency == currency && deposit.Outcome == Outcome.Acknowledged)
                .Sum(deposit => deposit.Amount);
            var possible = certain + deposits.Where(deposit => deposit.Currency == currency && deposit.Outcome == Outcome.Unknown)
                .Sum(deposit => deposit.Amount);
            if (paidIn < certain || paidIn > possible)
            {
                yield return $"The ledger says that {paidIn} {currency} were paid in, and clients were told of {certain}.";
            }
        }
    }

    private static IEnumerable<string> BalancesAreSums(BankState state, BankHistory history)
    {
        var accounts = state.Entries.ToLookup(entry => (entry.Wallet, entry.Account));
        foreach (var wallet in state.Wallets)
        {
            foreach (var (
                account, balance) in new[] { (LedgerAccount.Balance, wallet.Balance), (LedgerAccount.Pending, wallet.Pending) })
            {
                var entries = accounts[(wallet.Id, account)].ToArray();
                if (entries.Sum(entry => entry.Amount) is var sum && sum != balance)
                {
                    yield return $"Wallet {wallet.Id} has {balance} as {account}, and its entries sum to {sum}.";
                }

                // Entries of one millisecond have no order. But each begins with what another, or nothing, has left.
                var before = entries.Select(entry => (entry.Balance ?? 0) - entry.Amount).Append(balance).Order();
                var after = entries.Select(entry => entry.Balance ?? 0).Append(0).Order();
                if (!before.SequenceEqual(after))
                {
                    yield return $"The running balances of {account} of wallet {wallet.Id} do not follow from each other.";
                }
            }
        }
    }

    private static IEnumerable<string> NoBalanceIsNegative(BankState state, BankHistory history) =>
        (from wallet in state.Wallets
         where wallet.Balance < 0 || wallet.Pending < 0
         select $"Wallet {wallet.Id} has a balance of {wallet.Balance} and {wallet.Pending} pending.")
        .Concat(
            from entry in state.Entries
            where entry.Balance < 0
            select $"Entry {entry.Id} left {entry.Balance} in {entry.Account} of wallet {entry.Wallet}.");

    private static IEnumerable<string> OneEffectAtMost(BankState state, BankHistory history)
    {
        var effects = new Effects(state);
        return from operation in history.Operations
               let ids = effects.Of(operation)
               where ids.Count > 1
               select $"{operation} was done {ids.Count} times: {string.Join(", ", ids)}.";
    }

    private static IEnumerable<string> RepeatsAreAnsweredTheSame(BankState state, BankHistory history) =>
        from operation in history.Operations
        let answers = operation.Attempts.Where(attempt => attempt.Outcome == Outcome.Acknowledged).Distinct().ToArray()
        where answers.Length > 1
        select $"{operation} was answered with {answers[0]} and then with {answers[1]}.";

    private static IEnumerable<string> AcknowledgedIsThere(BankState state, BankHistory history)
    {
        var effects = new Effects(state);
        var transfers = state.Transfers.ToLookup(transfer => transfer.Id);
        foreach (var operation in history.Operations.Where(operation => operation.Outcome == Outcome.Acknowledged))
        {
            if (effects.Of(operation).Count == 0)
            {
                yield return $"{operation} was acknowledged and is not there.";
                continue;
            }

            if (operation.Kind == OperationKind.Deposit)
            {
                continue;
            }

            var id = JsonElement.Parse(operation.Attempts.First(attempt => attempt.Outcome == Outcome.Acknowledged).Body)
                .GetProperty("id").GetGuid();
            if (transfers[id].FirstOrDefault() is not { } row)
            {
                yield return $"{operation} was acknowledged as transfer {id}, which is not there.";
            }
            else if (row.Owner != operation.Wallet.Owner || row.Wallet != operation.Wallet.Id || row.Amount != operation.Amount
                || row.Currency != operation.Currency || row.PayeeWallet != operation.Payee?.Id
                    || row.Payee != operation.Payee.Owner)
            {
                yield return $"{operation} was acknowledged and is there as something else: {row}.";
            }
        }
    }

    private static IEnumerable<string> RefusedIsNotThere(BankState state, BankHistory history)
    {
        var effects = new Effects(state);
        return from operation in history.Operations
               where operation.Outcome == Outcome.Refused && effects.Of(operation).Count > 0
               select $"{operation} was refused and is there: {effects.Of(operation)[0]}.";
    }

    private static IEnumerable<string> KeysAndEffectsAgree(BankState state, BankHistory history)
    {
        var effects = new Effects(state);
        var keys = state.Keys.ToLookup(row => (row.Owner, row.Key));
        foreach (var operation in history.Operations)
        {
            var rows = keys[(operation.Wallet.Owner, operation.Key)].ToArray();
            var count = effects.Of(operation).Count;
            if (rows.Length > 1)
            {
                yield return $"The key of {operation} is there {rows.Length} times.";
            }
            else if (rows is [{ Answer: null }])
            {
                yield return $"The key of {operation} has no answer.";
            }
            else if (rows is [{ IsRefusal: false }] != count > 0)
            {
                yield return $"{operation} has {(count > 0 ? "no key" : "a key")} and "
                    + $"{(count == 0 ? "no effect" : "an effect")}.";
            }
        }
    }

    private static IEnumerable<string> NothingUnasked(BankState state, BankHistory history)
    {
        var transfers = Asked(OperationKind.Transfer);
        var deposits = Asked(OperationKind.Deposit);
        var known = state.Transfers.Select(transfer => transfer.Id).ToHashSet();
        return (from transfer in state.Transfers
                where !transfers.Contains((transfer.Wallet, transfer.Amount))
                select $"Nobody asked for transfer {transfer.Id} of {transfer.Amount} from wallet {transfer.Wallet}.")
            .Concat(
                from entry in state.Entries
                where entry is { Kind: EntryKind.Deposit, Account: LedgerAccount.Balance }
                    && !deposits.Contains((entry.Wallet, entry.Amount))
                select $"Nobody asked for deposit {entry.Transfer} of {entry.Amount} into wallet {entry.Wallet}.")
            .Concat(
                from entry in state.Entries
                where entry.Kind != EntryKind.Deposit && !known.Contains(entry.Transfer)
                select $"Entry {entry.Id} belongs to transfer {entry.Transfer}, which is not there.");

        HashSet<(Guid, long)> Asked(OperationKind kind) =>
            [.. history.Operations.Where(operation => operation.Kind == kind)
                .Select(operation => (operation.Wallet.Id, operation.Amount))];
    }

    private static IEnumerable<string> TransfersHaveEnded(BankState state, BankHistory history)
    {
        var entries = state.Entries.ToLookup(entry => entry.Transfer);
        var sagas = state.Sagas.ToLookup(saga => saga.Id);
        foreach (var transfer in state.Transfers)
        {
            var (from, to, amount) = (transfer.Wallet, transfer.PayeeWallet, transfer.Amount);
            var expected = new ExpectedLegs(from, to, amount);
            var saga = sagas[transfer.Id].FirstOrDefault();
            var legs = entries[transfer.Id].Select(leg => (leg.Wallet, leg.Kind, leg.Account, leg.Amount)).Order().ToArray();
            var fits = (transfer.Status, saga?.Status) switch
            {
                (TransferStatus.Posted, null) => Are(expected.Sent),
                (TransferStatus.Posted, SagaStatus.Completed) => Are(expected.Posted),
                (TransferStatus.Voided, SagaStatus.Compensated) => Are(expected.Voided),
                _ => false,
            };
            if (!fits)
            {
                yield return $"Transfer {transfer.Id} of {amount} from {from} to {to} is {transfer.Status}, its saga is "
                    + $"{saga?.Status.ToString() ?? "not there"}, and its legs are {string.Join(" ", legs)}.";
            }

            bool Are((Guid, EntryKind, LedgerAccount, long)[] those) => legs.SequenceEqual(those.Order());
        }
    }

    private static IEnumerable<string> SagasHaveEnded(BankState state, BankHistory history) =>
        from saga in state.Sagas
        where saga.Status is not (SagaStatus.Completed or SagaStatus.Compensated)
        select $"Saga {saga.Id} is {saga.Status} at step {saga.Step} long after everything was healed. {saga.Failure}";

    private static IEnumerable<string> UsersAreOnOneShard(BankState state, BankHistory history) =>
        from user in state.Placements.GroupBy(placement => placement.Owner)
        let here = user.Where(placement => placement.State != "moved").ToArray()
        where here is not [{ State: "active" } only] || only.Shard != only.Map
        select $"User {user.Key} has rows on "
            + $"{string.Join(", ", user.Select(p => $"{p.Shard} (bucket {p.Bucket} is {p.State ?? "not its own"} there)"))}; "
            + $"the directory says {user.First().Map}.";
}
