using Spectre.Console;

namespace Colonnade.Dev.Bench;

/// <summary>Measures ratios, each of a subject and a floor that take turns. A Release build on servers that flush to disk.</summary>
public static class BenchCommand
{
    private static readonly Dictionary<string, Func<BenchBed, BenchOptions, Steps, CancellationToken, Task<IReadOnlyList<Row>>>> s_rows = new()
    {
        ["startup"] = StartupRows.RunAsync,
        ["idle"] = IdleRows.RunAsync,
        ["data"] = ReadRows.DataLayerAsync,
        ["http"] = One(ReadRows.HttpAsync),
        ["clients"] = One(ReadRows.ClientsAsync),
        ["routing"] = One(RoutingRow.RunAsync),
        ["writes"] = WriteRows.HotAsync,
        ["transfer"] = One(TransferRows.WithinAsync),
        ["saga"] = One(TransferRows.BetweenAsync),
        ["ingest"] = One(WriteRows.IngestAsync),
        ["publish"] = WriteRows.PublishAsync,
        ["shards"] = One(ShardsRow.RunAsync),
        ["ledger"] = One(LedgerRow.RunAsync),
        ["overload"] = TransferRows.OverloadAsync,
    };

    /// <summary>Names of the rows, for <c>--rows</c>.</summary>
    public static IReadOnlyCollection<string> Keys => s_rows.Keys;

    /// <returns>Exit code: 0 when every goal is reached.</returns>
    public static async Task<int> RunAsync(BenchOptions options, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var steps = new Steps(console);
        await Prerequisites.EnsureAsync(steps, text => console.MarkupLineInterpolated($"{text}"), cancellationToken);
        await using var bed = await BenchBed.StartAsync(steps, cancellationToken);
        console.WriteLine(Wrk.Program is { } wrk ? $"Load over HTTP by {wrk}, and by the built-in generator where it has to tell more." : "Load over HTTP by the built-in generator; wrk is not installed.");

        var rows = new List<Row>();
        foreach (var (key, measure) in s_rows.Where(row => options.Rows.Count == 0 || options.Rows.Contains(row.Key)))
        {
            try
            {
                rows.AddRange(await measure(bed, options, steps, cancellationToken));
            }
            catch (Exception exception) when (exception is BenchFailedException or CommandFailedException)
            {
                rows.Add(new Row($"{key}: not measured", [0], 1) { Details = [exception.Message] });
            }
        }

        BenchReport.Print(rows, console);
        if (options.Write)
        {
            var file = Repository.File("docs/performance/README.md");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, BenchReport.Markdown(rows, options), cancellationToken);
            console.WriteLine($"Written to {Path.GetRelativePath(Repository.Root, file)}");
        }

        return rows.All(row => row.IsReached) ? 0 : 1;
    }

    private static Func<BenchBed, BenchOptions, Steps, CancellationToken, Task<IReadOnlyList<Row>>> One(
        Func<BenchBed, BenchOptions, Steps, CancellationToken, Task<Row>> row) =>
        async (bed, options, steps, cancellationToken) => [await row(bed, options, steps, cancellationToken)];
}
