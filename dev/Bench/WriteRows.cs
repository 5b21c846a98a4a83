namespace Colonnade.Dev.Bench;

/// <summary>Many rows in one request against COPY, and what events cost those who write.</summary>
internal static class WriteRows
{
    private const int Writers = 64;

    public static async Task<Row> IngestAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(1, cancellationToken);
        var account = bed.On(0).First();
        Target[] targets = [new("POST", "/activity", account.Token, Owner: account.Owner)];
        var settings = bed.ConnectionStrings();

        // COPY works on no table with row security, except for those whom that does not bind.
        settings["ConnectionStrings__shard0"] = bed.ConnectionString("shard0", "postgres");
        return await Comparison.RunAsync(
            "ingest of 100,000 rows over HTTP / binary COPY",
            new Side("POST /activity", token => bed.MeasureAsync("ingest", options, token, targets, more: settings)),
            new Side("binary COPY", token => bed.MeasureAsync("copy", options, token, targets, more: settings)),
            0.50, options, steps, cancellationToken);
    }

    public static async Task<Row> PublishAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(Writers, cancellationToken);
        Target[] targets = [.. bed.On(0).Take(Writers).Select(account => new Target(
            "", "", account.Token, Owner: account.Owner, Epoch: account.Epoch))];
        var settings = bed.ConnectionStrings();
        return await Comparison.RunAsync(
            $"inserts with an event / without, {Writers} writers",
            new Side("with an event", token => bed.MeasureAsync("insert-and-publish", options, token, targets, Writers, more: settings)),
            new Side("without", token => bed.MeasureAsync("insert", options, token, targets, Writers, more: settings)),
            0.90, options, steps, cancellationToken);
    }
}
