using System.Text.Json;
using Application.Activity;
using Infrastructure.Persistence;
using Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Infrastructure.Activity;

internal sealed class ActivityReader(ShardReader shards) : IActivityReader
{
    [Sql(typeof(Guid), typeof(string), typeof(DateTimeOffset), typeof(DateTimeOffset), typeof(Guid), typeof(int), Row = typeof(Row))]
    private const string Find = """
        SELECT id AS "Id", kind AS "Kind", created_at AS "CreatedAt", payload::text AS "Payload"
        FROM find_activity({0}, {1}::text::jsonb, {2}::timestamptz, {3}::timestamptz, {4}::uuid, {5})
        """;

    public async Task<IReadOnlyList<ActivityView>> ListAsync(ListActivity query, int limit, CancellationToken cancellationToken)
    {
        var (owner, since, until) = (query.Owner.Value, query.Since?.ToUniversalTime(), query.Until?.ToUniversalTime());
        var rows = await shards.ReadAsync(
            query.Owner,
            context => context.Database.SqlQueryRaw<Row>(Find, owner, query.Filter!, since!, until!, query.After!, limit).ToListAsync(cancellationToken),
            cancellationToken);
        return [.. rows.Select(row => new ActivityView(row.Id, row.Kind, row.CreatedAt, JsonElement.Parse(row.Payload)))];
    }

    private sealed record Row(Guid Id, string Kind, DateTimeOffset CreatedAt, string Payload);
}
