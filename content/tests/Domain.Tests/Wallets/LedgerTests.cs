using Domain.Wallets;

namespace Domain.Tests.Wallets;

/// <summary>What must hold of two wallets after any sequence of operations, of which some are refused.</summary>
public sealed class LedgerTests
{
    private static readonly Currency Euro = Currency.From("EUR").Value;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly UserId[] Users = [UserId.Of("https://a.test", "alice"), UserId.Of("issuer", "bob")];

    private enum Operation
    {
        Deposit,
        Send,
        Reserve,
        Credit,
        Post,
        Void,
        Freeze,
        Unfreeze,
        Close,
    }

    /// <summary>Those that end a history soon, since little is possible after them, come seldom.</summary>
    private static readonly Operation[] Frequent =
    [
        .. Enum.GetValues<Operation>(),
        Operation.Unfreeze, Operation.Unfreeze, Operation.Deposit, Operation.Send, Operation.Credit,
        Operation.Reserve, Operation.Reserve, Operation.Post, Operation.Void,
    ];

    /// <summary>
    /// Both wallets begin with money, so that neither can be closed at once, and one of them near the limit. Amounts come
    /// from both sides of every limit, so that some are refused.
    /// </summary>
    private static Gen<(Operation Operation, int Wallet, long Amount)[]> Histories { get; } = Gen.Select(
            Gen.Int[0, Frequent.Length - 1].Select(index => Frequent[index]),
            Gen.Int[0, 1],
            Gen.OneOf(Gen.Long[-2, 20], Gen.Long[1, Wallet.Limit / 3], Gen.Long[Wallet.Limit - 100, Wallet.Limit + 2], Gen.Long))
        .Array[0, 60]
        .Select(history => ((Operation, int, long)[])
            [(Operation.Deposit, 0, 100), (Operation.Deposit, 1, Wallet.Limit - 10), .. history]);

    [Fact]
    public void The_legs_of_every_movement_sum_to_zero() => AfterAnyHistory(bank =>
        Assert.All(
            bank.Entries.GroupBy(entry => (entry.TransferId, bank.StepOf(entry))),
            legs => Assert.Equal((2, 0), (legs.Count(), legs.Sum(leg => leg.Amount)))));

    [Fact]
    public void What_a_wallet_holds_is_the_sum_of_its_entries() => AfterAnyHistory(bank =>
        Assert.All(bank.Wallets, wallet =>
        {
            Assert.Equal(wallet.Balance, Sum(wallet, LedgerAccount.Balance));
            Assert.Equal(wallet.Pending, Sum(wallet, LedgerAccount.Pending));
        }));

    [Fact]
    public void Every_entry_tells_what_its_account_held_then() => AfterAnyHistory(bank =>
        Assert.All(bank.Wallets, wallet => Assert.All((LedgerAccount[])[LedgerAccount.Balance, LedgerAccount.Pending], account =>
        {
            var running = 0L;
            foreach (var entry in wallet.NewEntries.Where(entry => entry.Account == account))
            {
                running += entry.Amount;
                Assert.Equal(running, entry.Balance);
            }
        })));

    [Fact]
    public void Nobody_spends_what_they_do_not_have_or_holds_more_than_the_limit() => AfterAnyHistory(bank =>
        Assert.All(bank.Wallets, wallet =>
        {
            Assert.All(wallet.NewEntries.Where(entry => entry.Balance is not null), entry =>
                Assert.InRange(entry.Balance!.Value, 0, Wallet.Limit));
            Assert.InRange(wallet.Balance + wallet.Pending, 0, Wallet.Limit);
        }));

    /// <summary>What is in the wallets and on its way is what has come in from outside.</summary>
    [Fact]
    public void Money_neither_appears_nor_vanishes() => AfterAnyHistory(bank =>
    {
        var deposited = -bank.Entries.Where(entry => entry.Account == LedgerAccount.Outside).Sum(entry => entry.Amount);
        var credited = -bank.Entries.Where(entry => entry is { Account: LedgerAccount.Clearing, Amount: < 0 })
            .Sum(entry => entry.Amount);
        var posted = bank.Entries.Where(entry => entry is { Account: LedgerAccount.Clearing, Amount: > 0 })
            .Sum(entry => entry.Amount);
        Assert.Equal(deposited + credited - posted, bank.Wallets.Sum(wallet => wallet.Balance + wallet.Pending));
    });

    [Fact]
    public void The_version_counts_the_changes_and_a_refusal_is_none() => AfterAnyHistory(bank =>
        Assert.All(bank.Wallets, wallet => Assert.Equal(1 + bank.ChangesOf(wallet), wallet.Version)));

    /// <summary>Otherwise the properties above would be told of refusals only.</summary>
    [Fact]
    public void The_histories_reach_every_kind_of_entry()
    {
        var kinds = new HashSet<EntryKind>();
        Histories.Sample(
            history =>
            {
                var bank = Bank.After(history);
                lock (kinds)
                {
                    kinds.UnionWith(bank.Entries.Select(entry => entry.Kind));
                }
            },
            iter: 1_000);

        Assert.Equal(Enum.GetValues<EntryKind>(), kinds.Order());
    }

    private static void AfterAnyHistory(Action<Bank> property) => Histories.Sample(history => property(Bank.After(history)));

    private static long Sum(Wallet wallet, LedgerAccount account) =>
        wallet.NewEntries.Where(entry => entry.Account == account).Sum(entry => entry.Amount);

    /// <summary>Two wallets, and what has been reserved in each and not ended.</summary>
    private sealed class Bank
    {
        private readonly List<(Money Money, TransferId Transfer)>[] _reserved = [[], []];
        private readonly Dictionary<EntryId, int> _steps = [];
        private readonly Dictionary<WalletId, int> _changes = [];

        public Wallet[] Wallets { get; } = [.. Users.Select(user => Wallet.Open(user, Euro, Now))];

        public IEnumerable<Entry> Entries => Wallets.SelectMany(wallet => wallet.NewEntries);

        public static Bank After((Operation Operation, int Wallet, long Amount)[] history)
        {
            var bank = new Bank();
            for (var step = 0; step < history.Length; step++)
            {
                bank.Do(step, history[step]);
            }

            return bank;
        }

        /// <summary>Which operation of the history has made it.</summary>
        public int StepOf(Entry entry) => _steps[entry.Id];

        public int ChangesOf(Wallet wallet) => _changes.GetValueOrDefault(wallet.Id);

        private void Do(int step, (Operation Operation, int Wallet, long Amount) operation)
        {
            var before = Array.ConvertAll(Wallets, wallet => (wallet.Status, wallet.NewEntries.Count));
            Do(operation.Operation, operation.Wallet, new Money(operation.Amount, Euro));
            foreach (var (wallet, (status, entries)) in Wallets.Zip(before))
            {
                foreach (var entry in wallet.NewEntries.Skip(entries))
                {
                    _steps.Add(entry.Id, step);
                }

                if (wallet.Status != status || wallet.NewEntries.Count != entries)
                {
                    _changes[wallet.Id] = ChangesOf(wallet) + 1;
                }
            }
        }

        private void Do(Operation operation, int index, Money money)
        {
            var wallet = Wallets[index];
            var transfer = TransferId.New(wallet.Owner, Now);
            switch (operation)
            {
                case Operation.Deposit:
                    wallet.Deposit(money, Now);
                    break;
                case Operation.Send:
                    wallet.Send(money, Wallets[1 - index], transfer, Now);
                    break;
                case Operation.Reserve when !wallet.Reserve(money, transfer, Now).IsError:
                    _reserved[index].Add((money, transfer));
                    break;
                case Operation.Credit:
                    wallet.Credit(money, transfer, Now);
                    break;
                case Operation.Post when _reserved[index] is [.. var rest, var last]:
                    wallet.Post(last.Money, last.Transfer, Now);
                    _reserved[index] = rest;
                    break;
                case Operation.Void when _reserved[index] is [var first, .. var rest]:
                    wallet.Release(first.Money, first.Transfer, Now);
                    _reserved[index] = rest;
                    break;
                case Operation.Freeze:
                    wallet.Freeze();
                    break;
                case Operation.Unfreeze:
                    wallet.Unfreeze();
                    break;
                case Operation.Close:
                    wallet.Close();
                    break;
            }
        }
    }
}
