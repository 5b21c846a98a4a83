using Platform.Caching;
using StackExchange.Redis;

namespace Platform.Tests.Caching;

/// <summary>
/// Random interleavings of reads, writes, a lagging replica, killed writers and a Redis that loses its memory or its answers.
/// <c>CACHE_SCHEDULES</c> says how many; <c>CACHE_SEED</c> is the first one's seed, and that of a failure to
/// be looked at.
/// </summary>
public sealed class InterleavingTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private static readonly int First = Setting("CACHE_SEED", 1);

    [Fact]
    public async Task No_interleaving_gives_anybody_less_than_they_were_promised()
    {
        var (count, began) = (Setting("CACHE_SCHEDULES", 2_000), Stopwatch.GetTimestamp());
        var violations = await RunAsync(First, count, Mistake.None);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{count} schedules in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {violations.Count} of them stale.");
        Assert.Empty(violations.Take(3));
    }

    [Theory]
    [InlineData(nameof(Mistake.FloorNotSet))]
    [InlineData(nameof(Mistake.FillWithoutComparing))]
    [InlineData(nameof(Mistake.TokenIgnored))]
    public async Task A_mistake_is_found(string mistake)
    {
        IReadOnlyCollection<string> violations = [];
        var count = 0;
        // Some mistakes show in one of thousands.
        for (; violations.Count == 0 && count < 10_000; count += 2_000)
        {
            violations = await RunAsync(First + count, 2_000, Enum.Parse<Mistake>(mistake));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{violations.Count} of {count} schedules are stale, such as:\n{violations.FirstOrDefault()}");
        Assert.NotEmpty(violations);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;

    private async Task<IReadOnlyCollection<string>> RunAsync(int first, int count, Mistake mistake)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        var prefix = $"interleaving-{Guid.NewGuid():N}";
        using var plain = Instance(localSeconds: 0);
        using var withMemory = Instance(localSeconds: 5);
        var violations = new ConcurrentBag<string>();
        await Parallel.ForAsync(
            first, first + count,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken },
            async (seed, _) =>
            {
                if (await new Schedule(seed, $"db{seed}", redis, [plain, withMemory], mistake).RunAsync() is { } violation)
                {
                    violations.Add($"Seed {seed}: {violation}");
                }
            });
        return violations;

        CacheInstance Instance(double localSeconds) => new(
            redis,
            new CacheOptions { Prefix = prefix, LocalSeconds = localSeconds, TimeoutMilliseconds = 10_000 },
            (options, telemetry) => new SteppedCircuit(redis, options, telemetry),
            mistake == Mistake.FillWithoutComparing ? Without("if floor and ARGV[1] < floor then return 0 end")
                : RedisEntries.Fill);
    }

    private static string Without(string line)
    {
        Assert.Contains(line, RedisEntries.Fill, StringComparison.Ordinal);
        return RedisEntries.Fill.Replace(line, "", StringComparison.Ordinal);
    }
}
