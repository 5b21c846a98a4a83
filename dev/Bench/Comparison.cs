namespace Colonnade.Dev.Bench;

/// <summary>
/// Subject and floor take turns, since clocks and neighbours drift, and each round gives one ratio. Who begins changes from
/// round to round.
/// </summary>
internal static class Comparison
{
    /// <summary>So few methods compiled in a measurement are of what runs now and then.</summary>
    private const int Few = 20;

    private const int MostWarmUps = 10;

    public static async Task<Row> RunAsync(
        string name, Side subject, Side floor, double? goal, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        foreach (var side in new[] { subject, floor })
        {
            await steps.RunAsync($"{name}, warm-up of {side.Name}", _ => WarmUpAsync(side, cancellationToken));
        }

        var rounds = new List<(Sample Subject, Sample Floor)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            await steps.RunAsync($"{name}, round {round + 1} of {options.Rounds}", async _ =>
            {
                Sample first, second;
                if (round % 2 == 0)
                {
                    first = await subject.MeasureAsync(cancellationToken);
                    second = await floor.MeasureAsync(cancellationToken);
                }
                else
                {
                    second = await floor.MeasureAsync(cancellationToken);
                    first = await subject.MeasureAsync(cancellationToken);
                }

                foreach (var (side, sample) in new[] { (subject, first), (floor, second) })
                {
                    if (sample.Load.Failed > 0 || sample.Load.Operations == 0)
                    {
                        throw new BenchFailedException($"{side.Name}: {sample.Load.Failed} of {sample.Load.All} operations failed.");
                    }
                }

                rounds.Add((first, second));
                return $"{first.PerSecond.Text("0")}/s against {second.PerSecond.Text("0")}/s";
            });
        }

        return new Row(name, [.. rounds.Select(round => round.Subject.PerSecond / round.Floor.PerSecond)], goal)
        {
            Details =
            [
                Describe(subject.Name, [.. rounds.Select(round => round.Subject)]),
                Describe(floor.Name, [.. rounds.Select(round => round.Floor)]),
                .. InProcessorTime([.. rounds.Select(round => floor.Processors(round.Floor) / subject.Processors(round.Subject))]),
            ],
        };
    }

    /// <summary>
    /// Not counted: pools fill, pages come into memory, and code is compiled, which goes on for longer than one measurement
    /// and takes the longer the more code there is.
    /// </summary>
    /// <returns>What to tell of it.</returns>
    public static async Task<string> WarmUpAsync(Side side, CancellationToken cancellationToken)
    {
        var compiled = 0L;
        for (var times = 1; ; times++)
        {
            var use = (await side.MeasureAsync(cancellationToken)).Use;
            compiled += use?.Compiled ?? 0;
            if (use is null or { Compiled: <= Few } || times == MostWarmUps)
            {
                return compiled == 0 ? "" : $"{times} times, {compiled} methods compiled";
            }
        }
    }

    /// <summary>The same ratio in processor time, which has less noise; where a side is not measured in full there is none.</summary>
    private static IEnumerable<string> InProcessorTime(IReadOnlyList<double> ratios) =>
        ratios.All(ratio => ratio > 0 && double.IsFinite(ratio)) ? [$"the same in processor time: {Numbers.Median(ratios).Text("0.00")}"] : [];

    /// <summary>The medians of one side, in a line.</summary>
    public static string Describe(string name, IReadOnlyList<Sample> samples)
    {
        var text = $"{name}: {Median(sample => sample.PerSecond, "0")}/s, p50 {Median(sample => sample.Load.P50, "0.00")} ms, "
            + $"p99 {Median(sample => sample.Load.P99, "0.0")} ms";
        if (samples.Any(sample => sample.Use is { Api: > 0 } or { Postgres: > 0 }))
        {
            text += $"; for each {Median(sample => sample.PerOperation.Api, "0")} µs of the API, "
                + $"{Median(sample => sample.PerOperation.Postgres, "0")} µs of PostgreSQL, {Median(sample => sample.PerOperation.Bytes / 1024, "0.0")} KiB";
        }

        return samples.Any(sample => sample.IsLimitedByClient) ? $"{text}. The load took more than half of the processors" : text;

        string Median(Func<Sample, double> value, string format) => Numbers.Median([.. samples.Select(value)]).Text(format);
    }
}

/// <summary>A measurement that means nothing, since what was measured did not work.</summary>
public sealed class BenchFailedException(string message) : Exception(message);
