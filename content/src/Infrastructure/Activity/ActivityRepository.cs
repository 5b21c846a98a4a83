using Application.Activity;
using Domain.Activity;
using Domain.Common;
using Infrastructure.Ingestion;
using Infrastructure.Sharding;
using NpgsqlTypes;

namespace Infrastructure.Activity;

internal sealed class ActivityRepository(ShardWriter writer) : IActivityRepository
{
    private static readonly BulkInsert<UserActivity> Insert = new(
        "activity",
        BulkColumn<UserActivity>.Of("id", "uuid", NpgsqlDbType.Uuid, row => row.Id),
        BulkColumn<UserActivity>.Of("kind", "text", NpgsqlDbType.Text, row => row.Kind),
        BulkColumn<UserActivity>.Of("payload", "jsonb", NpgsqlDbType.Jsonb, row => row.Payload),
        BulkColumn<UserActivity>.Of("created_at", "timestamptz", NpgsqlDbType.TimestampTz, row => row.CreatedAt.UtcDateTime));

    public Task<int> AddAsync(UserId owner, IReadOnlyList<UserActivity> rows, CancellationToken cancellationToken) =>
        Insert.AddAsync(writer, owner, rows, cancellationToken);
}
