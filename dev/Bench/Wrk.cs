using System.Globalization;
using System.Text;

namespace Colonnade.Dev.Bench;

/// <summary>The load generator wrk: one thread, each request with the token of another user.</summary>
internal sealed class Wrk(string program, BenchBed bed, BenchOptions options, IReadOnlyList<Target> targets, int clients, BenchServer? server) : ILoad
{
    private const double WarmUp = 1;

    /// <summary>Its path; null when it is not installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, "wrk")).FirstOrDefault(File.Exists);

    public async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var processes = bed.ProcessesOf(server);
        var script = bed.File("wrk.lua");
        await File.WriteAllTextAsync(script, Script(targets), cancellationToken);
        await RunAsync(WarmUp);
        var before = processes.Now();
        var outcome = await RunAsync(options.Seconds);
        await Task.Delay(200, cancellationToken);
        var use = processes.Now() - before;

        // As the script prints it at the end: requests, errors, microseconds of the run, of p50, of p99.
        var numbers = outcome.Output.Last(line => line.StartsWith("bench ", StringComparison.Ordinal))
            .Split(' ')[1..].Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        var (all, failed) = ((long)numbers[0], (long)numbers[1]);
        return new Sample(
            new Measurement(all - failed, all, 0, failed, numbers[2] / 1e6, numbers[3] / 1e3, numbers[4] / 1e3, Cpu: 0, Allocated: 0), use);

        Task<Outcome> RunAsync(double seconds) => Shell.RunAsync(
            program,
            ["-t", "1", "-c", $"{clients}", "-d", $"{Math.Max(1, (int)seconds)}s", "-s", script, $"{bed.UrlOf(server)}"],
            Path.GetDirectoryName(script)!, cancellationToken);
    }

    public ValueTask DisposeAsync() => default;

    private static string Script(IReadOnlyList<Target> targets)
    {
        var requests = new StringBuilder();
        foreach (var target in targets)
        {
            requests.AppendLine(CultureInfo.InvariantCulture, $"  wrk.format('{target.Method}', '{target.Path}', {{ ['Authorization'] = 'Bearer {target.Token}' }}),");
        }

        return $$"""
            local requests, next = {}, 0
            function init(args)
              requests = {
            {{requests}}  }
            end
            function request()
              next = next % #requests + 1
              return requests[next]
            end
            function done(summary, latency)
              local errors = summary.errors
              print(string.format('bench %d %d %d %d %d', summary.requests,
                errors.status + errors.connect + errors.read + errors.write + errors.timeout, summary.duration,
                latency:percentile(50), latency:percentile(99)))
            end
            """;
    }
}
