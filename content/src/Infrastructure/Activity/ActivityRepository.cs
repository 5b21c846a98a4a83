using Application.Activity;
using Domain.Activity;
using NpgsqlTypes;
using Platform.Ingestion;

namespace Infrastructure.Activity;

internal sealed class ActivityRepository(ShardWriter writer) : IActivityRepository
{
    private static readonly BulkInsert<UserActivity> Insert = new(
        "activity",
        BulkColumn.Of("id", "uuid", NpgsqlDbType.Uuid, (UserActivity row) => row.Id),
        BulkColumn.Of("kind", "text", NpgsqlDbType.Text, (UserActivity row) => row.Kind),
        BulkColumn.Of("payload", "jsonb", NpgsqlDbType.Jsonb, (UserActivity row) => row.Payload),
        BulkColumn.Of("created_at", "timestamptz", NpgsqlDbType.TimestampTz, (UserActivity row) => row.CreatedAt.UtcDateTime));

    public Task<int> AddAsync(UserId owner, IReadOnlyList<UserActivity> rows, CancellationToken cancellationToken) =>
        Insert.AddAsync(writer, owner, rows, cancellationToken);
}
