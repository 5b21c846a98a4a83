using System.Diagnostics;
using System.Runtime;
using System.Text.Json;

namespace Colonnade.Benchmarks;

/// <summary>A request that a client sends again and again.</summary>
/// <param name="Owner">The user's id, for reads below HTTP.</param>
/// <param name="Epoch">Of the user's bucket, likewise.</param>
/// <param name="Id">What is read, likewise.</param>
public sealed record Target(
    string Method, string Path, string Token, string? Body = null, Guid Owner = default, Guid Id = default, long Epoch = 0);

/// <param name="Operations">Those that succeeded.</param>
/// <param name="All">Whatever became of them.</param>
/// <param name="Refused">Answered 429 or 503.</param>
/// <param name="Failed">Anything else.</param>
/// <param name="P50">Milliseconds; of those that succeeded.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="Cpu">Seconds of processor time of this process.</param>
/// <param name="Allocated">Bytes allocated in this process.</param>
public sealed record Measurement(
    long Operations, long All, long Refused, long Failed, double Seconds, double P50, double P99, double Cpu, long Allocated);

/// <summary>What dev.cs says in the environment.</summary>
/// <param name="Waits">Whether a client that is refused waits for as long as it is told.</param>
public sealed record Plan(int Clients, TimeSpan WarmUp, TimeSpan Duration, Uri? Url, IReadOnlyList<Target> Targets, bool Waits)
{
    public static Plan FromEnvironment() => new(
        int.Parse(Get("BENCH_CLIENTS") ?? "16", null),
        TimeSpan.FromSeconds(double.Parse(Get("BENCH_WARM_UP") ?? "4", null)),
        TimeSpan.FromSeconds(double.Parse(Get("BENCH_SECONDS") ?? "5", null)),
        Get("BENCH_URL") is { } url ? new Uri(url) : null,
        Get("BENCH_TARGETS") is { } file
            ? JsonSerializer.Deserialize<Target[]>(File.ReadAllText(file), JsonSerializerOptions.Web)!
            : [],
        Get("BENCH_WAITS") == "1");

    /// <exception cref="InvalidOperationException">It is not there.</exception>
    public static string ConnectionString(string name) =>
        Get($"ConnectionStrings__{name}") ?? throw new InvalidOperationException($"ConnectionStrings__{name} is not set.");

    private static string? Get(string name) => Environment.GetEnvironmentVariable(name);
}

public enum Result
{
    Succeeded,
    Refused,
    Failed,
}

public static class Load
{
    /// <summary>So few methods compiled in a slice of the warm-up are of what runs now and then.</summary>
    private const int Few = 5;

    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Says "ready", and then measures once for every line that comes in, so that dev.cs can have processes take turns
    /// that are warm. A measurement is a line of JSON.
    /// </summary>
    public static async Task ServeAsync(Func<Task<Measurement>> measure)
    {
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(JsonSerializer.Serialize(await measure(), JsonSerializerOptions.Web));
        }
    }

    /// <summary>Clients that each do one thing after the other; what they do while warming up does not count.</summary>
    /// <param name="clientOf">Makes the client of a number, and gives what it does once.</param>
    public static async Task ServeAsync(Plan plan, Func<int, Task<Func<Task<Result>>>> clientOf)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, plan.Clients).Select(clientOf));
        await WarmUpAsync(plan.WarmUp, clients);
        await ServeAsync(() => MeasureAsync(clients, plan.Duration));
    }

    /// <summary>
    /// Until next to nothing is compiled any more. Code runs slowly before that, since it counts what it does for the
    /// compiler, and the longer the more methods there are.
    /// </summary>
    private static async Task WarmUpAsync(TimeSpan least, IReadOnlyList<Func<Task<Result>>> clients)
    {
        var quiet = 0;
        for (var started = Stopwatch.GetTimestamp(); quiet < 2 && Stopwatch.GetElapsedTime(started) < s_longest;)
        {
            var compiled = JitInfo.GetCompiledMethodCount();
            await MeasureAsync(clients, s_slice);
            var isQuiet = JitInfo.GetCompiledMethodCount() - compiled <= Few && Stopwatch.GetElapsedTime(started) >= least;
            quiet = isQuiet ? quiet + 1 : 0;
        }
    }

    private static async Task<Measurement> MeasureAsync(IReadOnlyList<Func<Task<Result>>> clients, TimeSpan duration)
    {
        using var process = Process.GetCurrentProcess();
        var (cpu, allocated) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes());
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var counts = await Task.WhenAll(clients.Select(client => Task.Run(() => RepeatAsync(client, end))));
        process.Refresh();
        var latencies = counts.SelectMany(count => count.Latencies).Order().ToArray();
        return new Measurement(
            latencies.Length,
            counts.Sum(count => count.All),
            counts.Sum(count => count.Refused),
            counts.Sum(count => count.Failed),
            duration.TotalSeconds,
            Percentile(latencies, 0.50),
            Percentile(latencies, 0.99),
            (process.TotalProcessorTime - cpu).TotalSeconds,
            GC.GetTotalAllocatedBytes() - allocated);
    }

    private static async Task<Counts> RepeatAsync(Func<Task<Result>> client, long end)
    {
        var counts = new Counts();
        while (true)
        {
            var began = Stopwatch.GetTimestamp();
            if (began >= end)
            {
                return counts;
            }

            counts.All++;
            switch (await client())
            {
                case Result.Succeeded:
                    counts.Latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    break;
                case Result.Refused:
                    counts.Refused++;
                    break;
                default:
                    counts.Failed++;
                    break;
            }
        }
    }

    private static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];

    private sealed class Counts
    {
        public List<double> Latencies { get; } = [];

        public long All { get; set; }

        public long Refused { get; set; }

        public long Failed { get; set; }
    }
}
