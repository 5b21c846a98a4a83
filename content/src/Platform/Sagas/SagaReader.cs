using System.Buffers.Text;
using System.Text.Json;
using Application.Sagas;

namespace Platform.Sagas;

/// <summary>
/// Lists runs of all shards. Each is asked for a whole page; the newest of all make the page, and the cursor says for
/// each shard how much of it has been seen.
/// </summary>
internal sealed class SagaReader(
    ContextPool<ShardContext> pool, DatabaseNames names, SagaDefinitions definitions, IOptions<SagaOptions> options) : ISagaReader
{
    [Sql(typeof(short), typeof(Guid), typeof(int), Row = typeof(SagaRun))]
    private const string ListSql = $"SELECT {SagaRows.Columns} FROM list_sagas({{0}}, {{1}}, {{2}})";

    public async Task<SagaPage?> ListAsync(SagaStatus status, string? after, int limit, CancellationToken cancellationToken)
    {
        if (ShardCursor.Read(after) is not { } cursor)
        {
            return null;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(options.Value.ListSeconds));
        var answers = await Task.WhenAll(names.Shards.Select(async shard =>
            (Shard: shard, Runs: await TryListAsync(shard, status, cursor.PositionOf(shard), limit, timeout.Token))));
        cancellationToken.ThrowIfCancellationRequested();

        var found = answers.SelectMany(answer => answer.Runs ?? [], (answer, run) => (answer.Shard, Run: run)).ToArray();
        var page = found.OrderByDescending(item => item.Run.Id).Take(limit).ToArray();
        var missing = answers.Where(answer => answer.Runs is null).Select(answer => answer.Shard).ToArray();
        // A shard that gave a whole page may have more, even when all of that is here.
        var hasMore = found.Length > page.Length || missing.Length > 0 || answers.Any(answer => answer.Runs?.Count == limit);
        var next = page.Aggregate(cursor, (position, item) => position.With(item.Shard, item.Run.Id));
        return new SagaPage([.. page.Select(item => View(item.Run))], hasMore ? next.Write() : null, missing.Length > 0, missing);
    }

    private SagaView View(SagaRun run) => new(
        run.Id,
        run.Name,
        run.Owner.Value,
        run.Status,
        definitions.StepOf(run),
        run.ErrorCode is null ? null : $"{run.ErrorCode}: {run.Error}",
        run.Failure,
        run.CreatedAt);

    /// <summary>Null when the shard does not answer.</summary>
    private async Task<List<SagaRun>?> TryListAsync(
        string shard, SagaStatus status, Guid before, int limit, CancellationToken cancellationToken)
    {
        try
        {
            await using var context = pool.Rent(DatabaseNames.WorkerOf(shard));
            return await context.Set<SagaRun>()
                .FromSqlRaw(ListSql, (short)status, before, limit)
                .AsNoTracking().ToListAsync(cancellationToken);
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested || SagaFailures.IsTransient(exception))
        {
            return null;
        }
    }
}

/// <summary>How far a list over all shards has been read: the last id seen of each. Opaque and fit for an address.</summary>
internal sealed record ShardCursor(IReadOnlyDictionary<string, Guid> Positions)
{
    private static readonly ShardCursor Start = new(new Dictionary<string, Guid>());

    /// <summary>Null when the text is not a cursor.</summary>
    public static ShardCursor? Read(string? text)
    {
        if (text is null)
        {
            return Start;
        }

        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, Guid>>(Base64Url.DecodeFromChars(text)) is { } positions
                ? new ShardCursor(positions)
                : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return null;
        }
    }

    public Guid PositionOf(string shard) => Positions.GetValueOrDefault(shard, Guid.AllBitsSet);

    public ShardCursor With(string shard, Guid last) => new(new Dictionary<string, Guid>(Positions) { [shard] = last });

    public string Write() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(Positions));
}
