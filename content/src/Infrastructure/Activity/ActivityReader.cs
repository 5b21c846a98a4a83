using System.Text.Json;
using Application.Activity;

namespace Infrastructure.Activity;

internal sealed class ActivityReader(ShardReader shards) : IActivityReader
{
    [Sql(
        typeof(Guid), typeof(string), typeof(DateTimeOffset), typeof(DateTimeOffset), typeof(DateTimeOffset), typeof(Guid),
            typeof(int),
        Row = typeof(Row))]
    private const string Find = """
        SELECT id, kind, created_at, payload::text AS payload
        FROM find_activity({0}, {1}::text::jsonb, {2}::timestamptz, {3}::timestamptz, {4}::timestamptz, {5}::uuid, {6})
        """;

    public async Task<IReadOnlyList<ActivityView>> ListAsync(
        ListActivity query, ActivityCursor? after, int limit, CancellationToken cancellationToken)
    {
        object?[] parameters =
        [
            query.Owner.Value, query.Filter, query.Since?.Value.ToUniversalTime(), query.Until?.Value.ToUniversalTime(),
            after?.CreatedAt, after?.Id, limit,
        ];
        var rows = await shards.ReadAsync(
            query.Owner, context =>
                context.Database.SqlQueryRaw<Row>(Find, parameters!).ToListAsync(cancellationToken), cancellationToken);
        return [.. rows.Select(row => new ActivityView(row.Id, row.Kind, row.CreatedAt, JsonElement.Parse(row.Payload)))];
    }

    private sealed record Row(Guid Id, string Kind, DateTimeOffset CreatedAt, string Payload);
}
