namespace Colonnade.Dev.Bench;

/// <summary>What is compared takes turns, since clocks and neighbours drift, and each round gives one ratio.</summary>
internal static class Comparison
{
    /// <summary>So few methods compiled in a measurement are of what runs now and then.</summary>
    private const int Few = 20;

    private const int MostWarmUps = 10;

    public static async Task<Row> RunAsync(
        string name, Side subject, Side floor, double? goal, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        var rounds = await TakeTurnsAsync(name, [subject, floor], options, steps, cancellationToken);
        return new Row(name, [.. rounds.Select(round => round[0].PerSecond / round[1].PerSecond)], goal)
        {
            Details =
            [
                Describe(subject.Name, [.. rounds.Select(round => round[0])]),
                Describe(floor.Name, [.. rounds.Select(round => round[1])]),
                .. InProcessorTime([.. rounds.Select(round => floor.Processors(round[1]) / subject.Processors(round[0]))]),
            ],
        };
    }

    /// <summary>Measures each side once in a round, after a warm-up. Who begins changes from round to round.</summary>
    /// <returns>The rounds, each with a sample for each side.</returns>
    public static async Task<IReadOnlyList<Sample[]>> TakeTurnsAsync(
        string name, IReadOnlyList<Side> sides, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        foreach (var side in sides)
        {
            await steps.RunAsync($"{name}, warm-up of {side.Name}", _ => WarmUpAsync(side, cancellationToken));
        }

        var rounds = new List<Sample[]>();
        for (var round = 0; round < options.Rounds; round++)
        {
            await steps.RunAsync($"{name}, round {round + 1} of {options.Rounds}", async _ =>
            {
                var samples = new Sample[sides.Count];
                for (var turn = 0; turn < sides.Count; turn++)
                {
                    var n = (round + turn) % sides.Count;
                    samples[n] = await sides[n].MeasureAsync(cancellationToken);
                    if (samples[n].Load is { Failed: > 0 } or { Operations: 0 })
                    {
                        throw new BenchFailedException($"{sides[n].Name}: {samples[n].Load.Failed} of {samples[n].Load.All} operations failed.");
                    }
                }

                rounds.Add(samples);
                return string.Join(" against ", samples.Select(sample => $"{sample.PerSecond.Text("0")}/s"));
            });
        }

        return rounds;
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
