using Migrator.Wallets;
using Platform.Sagas;

namespace Platform.Tests.Bank;

/// <param name="Seed">All random numbers come from it.</param>
/// <param name="Traffic">How long clients move money and faults happen.</param>
/// <param name="Calm">The longest time between two faults of a part.</param>
internal sealed record BankPlan(
    int Seed, TimeSpan Traffic, TimeSpan Calm, int Instances, int Clients, int UsersPerShard, IReadOnlyList<Fault> Faults,
    bool Promote);

/// <summary>What one or more rounds came to.</summary>
internal sealed class BankReport
{
    public SortedDictionary<string, int> Operations { get; } = [];

    public SortedDictionary<string, int> Faults { get; } = [];

    public SortedDictionary<SagaPoint, int> Crashes { get; } = [];

    public List<string> Violations { get; } = [];

    public int Rounds { get; set; }

    public int Requests { get; set; }

    public int Count => Operations.Values.Sum();

    public IEnumerable<string> Lines()
    {
        yield return $"{Count} operations by {Requests} requests in {Rounds} round(s)";
        foreach (var (operation, count) in Operations)
        {
            yield return $"  {operation}: {count}";
        }

        yield return $"{Faults.Values.Sum()} faults";
        foreach (var (fault, count) in Faults)
        {
            yield return $"  {fault}: {count}";
        }

        yield return $"saga points at which an instance was killed: {Crashes.Count} of {Enum.GetValues<SagaPoint>().Length}";
        foreach (var (point, count) in Crashes)
        {
            yield return $"  {point}: {count}";
        }

        yield return $"{BankChecker.Invariants.Count} invariants checked: "
            + $"{string.Join("; ", BankChecker.Invariants.Select(invariant => invariant.Name))}";
        yield return Violations.Count == 0 ? "verdict: every invariant holds" : $"verdict: {Violations.Count} violations";
    }
}

/// <summary>
/// One round: a fresh world, clients and faults at once, then all is healed, has its time to end, and is checked.
/// </summary>
internal sealed class BankRun(BankPlan plan, BankReport report, Action<string> say)
{
    /// <summary>What a saga has, after everything is healed, to end.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly BankHistory _history = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var world = await BankWorld.StartAsync(plan.Instances, cancellationToken);
        world.Weather = 0;
        foreach (var (point, count) in report.Crashes)
        {
            // Points that no round has come to are chosen first.
            world.Crashes[point] = count;
        }

        var clients = new BankClients(world, _history, plan.Seed, () => world.Weather);
        await clients.OpenAsync(plan.UsersPerShard, deposit: 1_000_000, cancellationToken);
        Say($"{plan.Instances} instances are up, {clients.People.Count} people have money");

        world.Weather = 0.02;
        using var traffic = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Enumerable.Range(0, plan.Clients).Select(client => clients.RunAsync(client, int.MaxValue, traffic.Token))
            .ToArray();
        long[]? old;
        try
        {
            using var faulty = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            faulty.CancelAfter(plan.Traffic);
            await Task.WhenAll(Enum.GetValues<FaultyPart>().Select(part => BreakAsync(part, world, clients, faulty.Token)));
            old = plan.Promote ? await PromoteAsync(world, clients, cancellationToken) : null;
        }
        finally
        {
            await traffic.CancelAsync();
            await Task.WhenAll(running);
        }

        await world.HealAsync(cancellationToken);
        Say($"healed; {_history.Operations.Count} operations, {_history.Operations.Count(o => o.Outcome == Outcome.Unknown)} "
            + "of them have no certain answer");
        if (await OpenAfterDeadlineAsync(world, cancellationToken) is > 0 and var open)
        {
            report.Violations.Add(
                $"Seed {plan.Seed}: {open} sagas are still open {Deadline.TotalSeconds} s after everything was healed.");
        }

        using (var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            patience.CancelAfter(plan.Traffic + TimeSpan.FromMinutes(1));
            await clients.SettleAsync(patience.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        // What the repeated requests have begun; the checker says what has not ended.
        await OpenAfterDeadlineAsync(world, cancellationToken);
        Say("at rest; checking");
        await CheckAsync(world, old, cancellationToken);
    }

    /// <summary>Faults of one part, one after the other, until the time is over. Each is healed.</summary>
    private async Task BreakAsync(FaultyPart part, BankWorld world, BankClients clients, CancellationToken cancellationToken)
    {
        var faults = plan.Faults.Where(fault => fault.Part == part).ToArray();
        var random = new Random((plan.Seed * 10) + (int)part);
        random.Shuffle(faults);
        for (var n = 0; faults.Length > 0 && !cancellationToken.IsCancellationRequested; n++)
        {
            var fault = faults[n % faults.Length];
            Func<Task> heal;
            try
            {
                await Task.Delay(random.Next(200, (int)plan.Calm.TotalMilliseconds), cancellationToken);
                Say($"{fault.Name} …");
                heal = await fault.BeginAsync(world, clients, random, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            _faults.Enqueue(fault.Name);
            await Task.Delay(random.Next(200, 2_000), cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            await heal();
            Say($"{fault.Name}: healed");
        }
    }

    /// <returns>What the old primary has, once it is back and nobody should write to it.</returns>
    private async Task<long[]> PromoteAsync(BankWorld world, BankClients clients, CancellationToken cancellationToken)
    {
        Say($"{Faults.Promotion.Name} …");
        var heal = await Faults.Promotion.BeginAsync(world, clients, new Random(plan.Seed), cancellationToken);
        _faults.Enqueue(Faults.Promotion.Name);
        var before = Answered();
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        await heal();
        var old = await CountOnOldAsync(world, cancellationToken);
        Say("the old primary is back");
        await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
        if (Answered() == before)
        {
            report.Violations.Add($"Seed {plan.Seed}: nothing was acknowledged after the promotion.");
        }

        return old;

        int Answered() => _history.Operations.Count(operation => operation.Outcome == Outcome.Acknowledged);
    }

    private static async Task<long[]> CountOnOldAsync(BankWorld world, CancellationToken cancellationToken) =>
    [
        .. await Task.WhenAll(ResourceNames.Shards.Select(async shard =>
            (long)(await world.SqlAsync(shard, "SELECT count(*) FROM entries", onReplica: false, cancellationToken))!)),
    ];

    /// <returns>Sagas that have not ended in time: 0 as soon as there is none.</returns>
    private static async Task<long> OpenAfterDeadlineAsync(BankWorld world, CancellationToken cancellationToken)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(200, cancellationToken))
        {
            var open = 0L;
            foreach (var shard in ResourceNames.Shards)
            {
                open += (long)(await world.SqlAsync(
                    shard, "SELECT count(*) FROM sagas WHERE status IN (1, 2)", world.IsPromoted, cancellationToken))!;
            }

            if (open == 0 || waited.Elapsed > Deadline)
            {
                return open;
            }
        }
    }

    private async Task CheckAsync(BankWorld world, long[]? old, CancellationToken cancellationToken)
    {
        var state = await BankState.ReadAsync(world.ConnectionString, ResourceNames.Shards, cancellationToken);
        var violations = BankChecker.Check(state, _history).ToList();
        if (old is not null && await CountOnOldAsync(world, cancellationToken) is var now && !now.SequenceEqual(old))
        {
            violations.Add(
                $"The old primary took writes: it has {string.Join(" + ", now)} entries and had {string.Join(" + ", old)} when "
                + "it returned.");
        }

        await foreach (
            var difference in new Reconciliation(world.OwnerConfiguration).DifferencesAsync(bucket: null, cancellationToken))
        {
            violations.Add($"Reconciling: {difference}");
        }

        if (violations.Count > 0)
        {
            violations.AddRange(world.Instances.Select(instance => $"{instance.Name} said at last:\n{instance.Output}"));
        }

        report.Rounds++;
        report.Requests += _history.Attempts;
        report.Violations.AddRange(violations.Select(violation => $"Seed {plan.Seed}: {violation}"));
        foreach (var operation in _history.Operations)
        {
            Count(report.Operations, $"{operation.Kind}, {KindOf(operation)}{operation.Outcome}".ToLowerInvariant());
        }

        foreach (var fault in _faults)
        {
            Count(report.Faults, fault);
        }

        foreach (var (point, count) in world.Crashes)
        {
            report.Crashes[point] = count;
        }

        static void Count(SortedDictionary<string, int> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;

        static string KindOf(Operation operation) => operation.Kind == OperationKind.Deposit || operation.Payee is null
            ? ""
            : operation.Payee.Shard == operation.Wallet.Shard ? "same shard, " : "across shards, ";
    }

    private void Say(string line) => say(FormattableString.Invariant($"[{_clock.Elapsed.TotalSeconds,5:0.0} s] {line}"));
}
