using System.Diagnostics;
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
public sealed record Plan(int Clients, TimeSpan WarmUp, TimeSpan Duration, Uri? Url, IReadOnlyList<Target> Targets)
{
    public static Plan FromEnvironment() => new(
        int.Parse(Get("BENCH_CLIENTS") ?? "16", null),
        TimeSpan.FromSeconds(double.Parse(Get("BENCH_WARM_UP") ?? "4", null)),
        TimeSpan.FromSeconds(double.Parse(Get("BENCH_SECONDS") ?? "5", null)),
        Get("BENCH_URL") is { } url ? new Uri(url) : null,
        Get("BENCH_TARGETS") is { } file
            ? JsonSerializer.Deserialize<Target[]>(File.ReadAllText(file), JsonSerializerOptions.Web)!
            : []);

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
    /// <summary>Tells dev.cs, which then looks at what the servers have used so far, that what counts begins now.</summary>
    public static void Begin() => Console.WriteLine("begun");

    /// <summary>Clients that each do one thing after the other; what they do while warming up does not count.</summary>
    /// <param name="clientOf">Makes the client of a number, and gives what it does once.</param>
    public static async Task<Measurement> RunAsync(Plan plan, Func<int, Task<Func<Task<Result>>>> clientOf)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, plan.Clients).Select(clientOf));
        var start = Stopwatch.GetTimestamp();
        var from = start + (long)(plan.WarmUp.TotalSeconds * Stopwatch.Frequency);
        var to = from + (long)(plan.Duration.TotalSeconds * Stopwatch.Frequency);
        using var process = Process.GetCurrentProcess();
        TimeSpan cpu = default;
        long allocated = 0;
        var begun = Task.Delay(plan.WarmUp).ContinueWith(
            _ =>
            {
                process.Refresh();
                (cpu, allocated) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes());
                Begin();
            },
            TaskScheduler.Default);
        var counts = await Task.WhenAll(clients.Select(client => Task.Run(() => RepeatAsync(client, from, to))));
        await begun;
        process.Refresh();
        var latencies = counts.SelectMany(count => count.Latencies).Order().ToArray();
        return new Measurement(
            latencies.Length,
            counts.Sum(count => count.All),
            counts.Sum(count => count.Refused),
            counts.Sum(count => count.Failed),
            plan.Duration.TotalSeconds,
            Percentile(latencies, 0.50),
            Percentile(latencies, 0.99),
            (process.TotalProcessorTime - cpu).TotalSeconds,
            GC.GetTotalAllocatedBytes() - allocated);
    }

    private static async Task<Counts> RepeatAsync(Func<Task<Result>> client, long from, long to)
    {
        var counts = new Counts();
        while (true)
        {
            var began = Stopwatch.GetTimestamp();
            if (began >= to)
            {
                return counts;
            }

            var result = await client();
            if (began < from)
            {
                continue;
            }

            counts.All++;
            switch (result)
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
        public List<double> Latencies { get; } = new(100_000);

        public long All { get; set; }

        public long Refused { get; set; }

        public long Failed { get; set; }
    }
}
