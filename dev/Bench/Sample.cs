using System.Globalization;

namespace Colonnade.Dev.Bench;

/// <summary>What a process of tests/Benchmarks prints; its Measurement says what is what.</summary>
internal sealed record Measurement(
    long Operations, long All, long Refused, long Failed, double Seconds, double P50, double P99, double Cpu, long Allocated)
{
    public double PerSecond => Operations / Seconds;
}

/// <summary>One measurement with what the servers used meanwhile.</summary>
/// <param name="Use">Null when the measurement is of a kind that knows nothing of it.</param>
internal sealed record Sample(Measurement Load, ServerUse? Use)
{
    public double PerSecond => Load.PerSecond;

    /// <summary>Whether the load needed more processor time than half of what there was: then it, too, set the pace.</summary>
    public bool IsLimitedByClient => Use is not null && Load.Cpu > Load.Seconds * Environment.ProcessorCount / 2;

    /// <summary>Microseconds of the API, microseconds of PostgreSQL, bytes of the API; for each operation.</summary>
    public (double Api, double Postgres, double Bytes) PerOperation => Use is null || Load.All == 0
        ? default
        : (Use.Api * 1e6 / Load.All, Use.Postgres * 1e6 / Load.All, (double)Use.Allocated / Load.All);
}

/// <summary>One of the two that are compared.</summary>
/// <param name="InProcess">Whether what is measured runs in the process that makes the load, and not in an API.</param>
internal sealed record Side(string Name, Func<CancellationToken, Task<Sample>> MeasureAsync, bool InProcess = false)
{
    /// <summary>Processor seconds of one operation, of what is measured and of PostgreSQL; 0 when not all of it is known.</summary>
    public double Processors(Sample sample)
    {
        var own = InProcess ? sample.Load.Cpu : sample.Use?.Api ?? 0;
        return own == 0 || sample.Use is not { } use || sample.Load.All == 0 ? 0 : (own + use.Postgres) / sample.Load.All;
    }
}

/// <summary>A row of the report.</summary>
/// <param name="Ratio">One per round, in the sense in which more is better; for facts that are no ratio, the facts.</param>
/// <param name="Goal">At least this; null for what is only told. Negative: at most its absolute value.</param>
internal sealed record Row(string Name, IReadOnlyList<double> Ratio, double? Goal, string Format = "0.00")
{
    public IReadOnlyList<string> Details { get; init; } = [];

    public double Median => Numbers.Median(Ratio);

    public bool IsReached => Goal is not { } goal || (goal < 0 ? Median <= -goal : Median >= goal);

    public string GoalText => Goal is { } goal
        ? $"{(goal < 0 ? "≤" : "≥")} {Math.Abs(goal).ToString(Format, CultureInfo.InvariantCulture)}"
        : "";

    public string Verdict => Goal is null ? "" : IsReached ? "pass" : "FAIL";
}

public static class Numbers
{
    public static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0
            : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Text(this double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
