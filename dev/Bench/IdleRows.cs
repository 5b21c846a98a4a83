using System.Diagnostics;

namespace Colonnade.Dev.Bench;

/// <summary>What an instance costs that nobody uses.</summary>
internal static class IdleRows
{
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(1);

    public static async Task<IReadOnlyList<Row>> RunAsync(
        BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await using var api = await bed.StartApiAsync(
            [.. bed.ConnectionStrings(), new("BENCH_STATEMENTS", "1")], cancellationToken);
        var (statements, processor) = (0.0, 0.0);
        await steps.RunAsync($"an instance that is idle for {s_idle.TotalSeconds:0} s", async _ =>
        {
            await Task.Delay(s_settling, cancellationToken);
            var (before, clock) = (bed.ProcessesOf(api).Now(), Stopwatch.StartNew());
            await Task.Delay(s_idle, cancellationToken);
            var used = bed.ProcessesOf(api).Now() - before;
            statements = used.Statements / clock.Elapsed.TotalSeconds;
            processor = 100 * used.Api / clock.Elapsed.TotalSeconds;
            return $"{statements.Text("0.00")} statements/s";
        });
        return
        [
            new Row("idle instance: statements/s", [statements], -1),
            new Row("idle instance: % of a processor", [processor], -1),
        ];
    }
}
