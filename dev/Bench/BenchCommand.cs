using System.Globalization;
using Colonnade.Dev.Demo;
using Spectre.Console;

namespace Colonnade.Dev.Bench;

/// <summary>
/// Measures ratios: what is compared takes turns on one machine, in rounds of a few seconds, since clocks and neighbours
/// drift. A Release build on servers that flush to disk.
/// </summary>
public static class BenchCommand
{
    private const int Rounds = 5;

    /// <summary>Goal of the row: transfers between shards against transfers within one, both counted when they have ended.</summary>
    private const double Goal = 0.30;

    private static readonly Dictionary<string, string?> s_settings = new()
    {
        ["RateLimits__Burst"] = "1000000",
        ["RateLimits__PerSecond"] = "1000000",
        ["Logging__LogLevel__Default"] = "Warning",
    };

    /// <returns>Exit code: 0 when the goal is reached.</returns>
    public static async Task<int> RunAsync(IAnsiConsole console, CancellationToken cancellationToken)
    {
        var steps = new Steps(console);
        await Prerequisites.EnsureAsync(steps, text => console.MarkupLineInterpolated($"{text}"), cancellationToken);
        await using var service = await GeneratedService.StartAsync(steps, "Release", s_settings, cancellationToken);
        using var load = await TransferLoad.PrepareAsync(service, cancellationToken);

        var rates = new List<(double Within, double Between)>();
        await steps.RunAsync("Warm up", async _ =>
        {
            await load.RunAsync(between: false, cancellationToken);
            await load.RunAsync(between: true, cancellationToken);
        });
        for (var round = 1; round <= Rounds; round++)
        {
            await steps.RunAsync($"Round {round} of {Rounds}", async _ =>
            {
                rates.Add((await load.RunAsync(between: false, cancellationToken), await load.RunAsync(between: true, cancellationToken)));
                return string.Create(CultureInfo.InvariantCulture, $"{rates[^1].Within:0} and {rates[^1].Between:0} transfers/s");
            });
        }

        return Report(rates, console) ? 0 : 1;
    }

    private static bool Report(List<(double Within, double Between)> rates, IAnsiConsole console)
    {
        double[] ratios = [.. rates.Select(rate => rate.Between / rate.Within)];
        var ratio = Median(ratios);
        var table = new Table().AddColumns("row", "median", "lowest", "highest", "goal", "");
        Add("transfers/s within a shard", [.. rates.Select(rate => rate.Within)], "0");
        Add("transfers/s between shards, to their end", [.. rates.Select(rate => rate.Between)], "0");
        table.AddRow(
            "between shards / within a shard", Number(ratio, "0.00"), Number(ratios.Min(), "0.00"), Number(ratios.Max(), "0.00"),
            $"≥ {Number(Goal, "0.00")}", ratio >= Goal ? "pass" : "FAIL");
        console.WriteLine();
        console.Write(table);
        console.WriteLine($"{TransferLoad.Clients} clients, {Environment.ProcessorCount} processors for clients, API and servers together.");
        return ratio >= Goal;

        void Add(string name, double[] values, string format) => table.AddRow(
            name, Number(Median(values), format), Number(values.Min(), format), Number(values.Max(), format), "", "");
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
