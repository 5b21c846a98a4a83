using System.Globalization;
using Domain.Transfers;
using Platform.Sagas;

namespace Platform.Tests.Bank;

/// <summary>Runs after all others, with the machine for itself.</summary>
[CollectionDefinition(nameof(BankTests), DisableParallelization = true)]
public sealed class AloneWithTheBank;

/// <summary>
/// Clients move money over HTTP while servers and instances break. docs/operations.md says how to run it for long.
/// </summary>
[Collection(nameof(BankTests))]
public sealed class BankTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    /// <summary>Where each saga point is passed, on the way of a transfer that is posted and of one that is voided.</summary>
    private static readonly (bool IsVoided, SagaPoint Point, string Step)[] CrashPoints =
    [
        (false, SagaPoint.Started, "credit"),
        (false, SagaPoint.Claimed, "credit"),
        (false, SagaPoint.BeforeEffect, "credit"),
        (false, SagaPoint.AfterEffect, "credit"),
        (false, SagaPoint.AfterStepCommit, "credit"),
        (false, SagaPoint.BeforeAdvance, "credit"),
        (false, SagaPoint.AfterAdvance, "credit"),
        (false, SagaPoint.Claimed, "post"),
        (false, SagaPoint.BeforeEffect, "post"),
        (false, SagaPoint.AfterEffect, "post"),
        (false, SagaPoint.AfterAdvance, "post"),
        (true, SagaPoint.Started, "credit"),
        (true, SagaPoint.Claimed, "credit"),
        (true, SagaPoint.BeforeEffect, "credit"),
        (true, SagaPoint.BeforeRefusal, "credit"),
        (true, SagaPoint.AfterRefusal, "credit"),
        (true, SagaPoint.BeforeAdvance, "credit"),
        (true, SagaPoint.AfterAdvance, "credit"),
        (true, SagaPoint.Claimed, "reserve:undo"),
        (true, SagaPoint.BeforeEffect, "reserve:undo"),
        (true, SagaPoint.AfterEffect, "reserve:undo"),
        (true, SagaPoint.AfterAdvance, "reserve:undo"),
    ];

    private static readonly TimeSpan AfterRestart = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// One short round. BANK_SEED replays another, as far as the machine's own timing allows. BANK_MINUTES makes it a long run,
    /// in rounds.
    /// </summary>
    [Fact]
    public async Task A_seeded_bank_run_keeps_every_invariant()
    {
        var isLong = double.TryParse(Asked("BANK_MINUTES"), CultureInfo.InvariantCulture, out var minutes);
        var seed = int.TryParse(Asked("BANK_SEED"), CultureInfo.InvariantCulture, out var given) ? given
            : isLong ? Random.Shared.Next(1_000_000)
            : 1;
        var report = new BankReport();
        var started = Stopwatch.StartNew();
        Say($"seed {seed}");
        do
        {
            var plan = isLong
                ? new BankPlan(
                    seed + report.Rounds, TimeSpan.FromMinutes(8), Calm: TimeSpan.FromSeconds(40), Instances: 3, Clients: 32,
                    UsersPerShard: 20,
                    Faults.Available, Promote: true)
                : new BankPlan(
                    seed, TimeSpan.FromSeconds(15), Calm: TimeSpan.FromSeconds(1.5), Instances: 2, Clients: 6, UsersPerShard: 4,
                    Faults.Available, Promote: true);
            await new BankRun(plan, report, Say).RunAsync(Cancellation);
            Say($"round {report.Rounds} is over: {report.Count} operations so far, {report.Violations.Count} violations");
        }
        while (isLong && started.Elapsed.TotalMinutes < minutes && report.Violations.Count == 0);

        foreach (var line in report.Lines())
        {
            Say(line);
        }

        Assert.True(
            report.Violations.Count == 0,
            $"""
            {string.Join('\n', report.Violations.Take(30))}
            Replay: BANK_SEED={seed + report.Rounds - 1}{(isLong ? " BANK_MINUTES=0" : "")} dotnet run --project tests/Platform.Tests -- -method "*.{nameof(A_seeded_bank_run_keeps_every_invariant)}"
            """);
        Assert.NotEqual(0, report.Count);
        if (isLong && minutes >= 10)
        {
            Assert.Equal(Enum.GetValues<SagaPoint>(), report.Crashes.Keys);
        }
    }

    [Fact]
    public async Task Every_crash_point_ends_right_within_10_s_of_restart()
    {
        Assert.SkipUnless(
            Asked("BANK_MINUTES") is not null || Asked("BANK_SEED") is not null,
            "It takes minutes: set BANK_SEED or BANK_MINUTES (docs/operations.md, the bank test).");
        Assert.Equal(Enum.GetValues<SagaPoint>(), CrashPoints.Select(crash => crash.Point).Distinct().Order());
        await using var world = await BankWorld.StartAsync(instances: 1, Cancellation);
        world.Weather = 0;
        var history = new BankHistory();
        var clients = new BankClients(world, history, seed: 0, () => 0);
        await clients.OpenAsync(perShard: 1, deposit: 1_000_000, Cancellation);
        var failures = new List<string>();
        foreach (var crash in CrashPoints)
        {
            if (await CrashAsync(world, clients, crash.IsVoided, crash.Point, crash.Step) is { } failure)
            {
                failures.Add($"{crash}: {failure}");
            }
        }

        await clients.SettleAsync(Cancellation);
        failures.AddRange(
            BankChecker.Check(await BankState.ReadAsync(world.ConnectionString, ResourceNames.Shards, Cancellation), history));
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task Many_clients_cannot_overdraw_one_wallet()
    {
        await using var service = new TestService(
            await fixture.Servers.CreateDatabasesAsync(), ("RateLimits:Burst", "1000000"), ("RateLimits:PerSecond", "1000000"));
        var bank = new BankInProcess(service.CreateClient(), service.Databases);
        var history = new BankHistory();
        var clients = new BankClients(bank, history, seed: 7, () => 0);
        await clients.OpenAsync(perShard: 2, deposit: 10_000, Cancellation);
        var payer = clients.People[0];

        // One in three can be paid, whoever comes first: amounts are 1,001, 1,002, and so on.
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 30), new ParallelOptions { MaxDegreeOfParallelism = 30, CancellationToken = Cancellation },
            async (n, token) => await clients.DoAsync(
                clients.NewTransfer(payer, clients.People[1 + (n % 3)], atLeast: 1_000), new Random(n), settle: true, token));
        await Eventually.TrueAsync(
            async () => (await StateAsync()).Transfers.All(transfer => transfer.Status != TransferStatus.Reserved), seconds: 30);

        Assert.Equal(9, history.Operations.Count(
            operation => operation.Kind == OperationKind.Transfer && operation.Outcome == Outcome.Acknowledged));
        Assert.Equal(21, history.Operations.Count(operation => operation.Outcome == Outcome.Refused));
        Assert.Empty(BankChecker.Check(await StateAsync(), history));

        Task<BankState> StateAsync() => BankState.ReadAsync(bank.ConnectionString, ResourceNames.Shards, Cancellation);
    }

    /// <summary>
    /// Deaths that leave the run where it then comes to a point. What goes well is not stored before the step after it.
    /// </summary>
    private static string[] Before(bool isVoided, SagaPoint point, string step) => (isVoided, point, step) switch
    {
        (_, SagaPoint.Claimed, "credit") => [$"{SagaPoint.Started}"],
        (false, SagaPoint.BeforeAdvance or SagaPoint.AfterAdvance, "credit") => [$"{SagaPoint.AfterStepCommit} transfer/credit"],
        (false, SagaPoint.Claimed, _) =>
            [$"{SagaPoint.AfterStepCommit} transfer/credit", $"{SagaPoint.AfterAdvance} transfer/credit"],
        (true, SagaPoint.Claimed, _) => [$"{SagaPoint.AfterAdvance} transfer/credit"],
        _ => [],
    };

    /// <summary>One transfer, during which the only instance is killed, and then started again.</summary>
    /// <returns>What went wrong.</returns>
    private static async Task<string?> CrashAsync(
        BankWorld world, BankClients clients, bool isVoided, SagaPoint point, string step)
    {
        var instance = world.Instances[0];
        var random = new Random(1);
        var payee = isVoided
            ? clients.Unpayable.First(wallet => wallet.Shard != clients.People[0].Shard)
            : clients.People.First(wallet => wallet.Shard != clients.People[0].Shard);
        var operation = clients.NewTransfer(clients.People[0], payee, atLeast: 0);
        var where = $"{point} transfer/{step}";
        foreach (var (n, death) in Before(isVoided, point, step).Append(where).Index())
        {
            instance.DieAt(death);
            await (n == 0
                ? clients.DoAsync(operation, random, settle: false, Cancellation)
                : instance.StartAsync(Cancellation).ContinueWith(_ => { }, TaskScheduler.Default));
            if (!await instance.DiesAsync(TimeSpan.FromSeconds(20), Cancellation))
            {
                return $"the instance did not come to {death}";
            }
        }

        await instance.StartAsync(Cancellation);
        var restarted = DateTimeOffset.UtcNow;
        var ended = await EndOfAsync(world, clients.People[0], operation);
        await clients.DoAsync(operation, random, settle: true, Cancellation);
        if (ended is not var (status, at))
        {
            return $"it has not ended: {instance.Output}";
        }

        Say(FormattableString.Invariant($"killed at {where}: ended {(at - restarted).TotalSeconds:0.0} s after the restart"));
        return status != (isVoided ? TransferStatus.Voided : TransferStatus.Posted) ? $"it ended as {status}"
            : at - restarted > AfterRestart ? $"it ended {(at - restarted).TotalSeconds:0.0} s after the restart"
            : null;
    }

    /// <summary>How and when a transfer's saga ended; null when it does not.</summary>
    private static async Task<(TransferStatus Status, DateTimeOffset At)?> EndOfAsync(
        BankWorld world, BankWallet payer, Operation operation)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < AfterRestart * 6; await Task.Delay(50, Cancellation))
        {
            var ended = await world.SqlAsync(
                ResourceNames.Shards[payer.Shard],
                $"""
                SELECT ARRAY[t.status, extract(epoch FROM s.ended_at) * 1000]::bigint[] FROM transfers t JOIN sagas s ON s.id = t.id
                WHERE t.wallet_id = '{payer.Id}' AND t.amount = {operation.Amount} AND s.ended_at IS NOT NULL
                """,
                onReplica: false,
                Cancellation);
            if (ended is long[] and [var status, var milliseconds])
            {
                return ((TransferStatus)status, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
            }
        }

        return null;
    }

    private static string? Asked(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static void Say(string line)
    {
        TestContext.Current.SendDiagnosticMessage("{0}", line);
        if (Asked("BANK_MINUTES") is not null)
        {
            // For `dev.cs chaos`, which shows it.
            Console.WriteLine($"bank: {line}");
        }
    }
}
