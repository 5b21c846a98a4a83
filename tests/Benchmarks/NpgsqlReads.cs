using Domain.Common;
using Npgsql;

namespace Colonnade.Benchmarks;

/// <summary>
/// The floor of a hot read: raw Npgsql with every trick. A slim data source with TLS, statements that are prepared by
/// themselves, no reset, and one batch for row security's user and the row.
/// </summary>
internal static class NpgsqlReads
{
    public const string Sql = "SELECT id, currency, balance, pending, status, version, opened_at FROM wallets WHERE id = $1 AND owner_id = $2";
    public const string ActSql = "SELECT set_config('app.user_id', $1, true)";

    /// <summary>The service's own way to set the user: its guard, which refuses a server or a shard that is not the right one.</summary>
    private const string GuardSql = """
        SELECT CASE WHEN $4::bigint <> 0 AND current_setting('app.cluster', true)::bigint IS DISTINCT FROM $4 THEN 1
        WHEN CASE WHEN pg_is_in_recovery() THEN current_setting('app.timeline', true)::int < $5::int
                  ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int <> $5 END THEN 2
        WHEN pg_is_in_recovery() AND pg_last_wal_replay_lsn() < $6::text::pg_lsn THEN 3
        WHEN epoch <> $3 OR state = 'moved' THEN 4
        WHEN set_config('app.user_id', $1, true) IS NULL THEN 5 ELSE 0 END,
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END
        FROM bucket_owner WHERE bucket = $2
        """;

    public static NpgsqlDataSource Source(string name, int clients = 32)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(Plan.ConnectionString(name));
        builder.EnableTransportSecurity();
        builder.ConnectionStringBuilder.MaxAutoPrepare = 64;
        builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
        builder.ConnectionStringBuilder.NoResetOnClose = true;
        builder.ConnectionStringBuilder.MaxPoolSize = clients + 1;
        return builder.Build();
    }

    /// <param name="fenced">With the fence of the service, so that its part of the difference can be told.</param>
    public static async Task RunAsync(Plan plan, bool fenced)
    {
        await using var source = Source("shard0-replica");
        await Load.ServeAsync(plan, client =>
        {
            var next = client;
            return Task.FromResult(async () =>
            {
                var target = plan.Targets[next++ % plan.Targets.Count];
                return await ReadAsync(source, target.Id, target.Owner, fenced ? target.Epoch : null) is null ? Result.Failed : Result.Succeeded;
            });
        });
    }

    /// <param name="epoch">Of the owner's bucket; null for a read without the fence.</param>
    public static async Task<WalletRow?> ReadAsync(NpgsqlDataSource source, Guid id, Guid owner, long? epoch = null)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                epoch is { } known
                    ? new NpgsqlBatchCommand(GuardSql)
                    {
                        Parameters =
                        {
                            new NpgsqlParameter<string> { TypedValue = owner.ToString() },
                            new NpgsqlParameter<short> { TypedValue = new UserId(owner).Bucket.Value },
                            new NpgsqlParameter<long> { TypedValue = known },
                            new NpgsqlParameter<long> { TypedValue = 0 },
                            new NpgsqlParameter<int> { TypedValue = 1 },
                            new NpgsqlParameter<string> { TypedValue = "0/0" },
                        },
                    }
                    : new NpgsqlBatchCommand(ActSql) { Parameters = { new NpgsqlParameter<string> { TypedValue = owner.ToString() } } },
                new NpgsqlBatchCommand(Sql)
                {
                    Parameters = { new NpgsqlParameter<Guid> { TypedValue = id }, new NpgsqlParameter<Guid> { TypedValue = owner } },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        return await reader.ReadAsync()
            ? new WalletRow(
                reader.GetGuid(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt16(4), reader.GetInt64(5),
                reader.GetDateTime(6))
            : null;
    }
}

internal sealed record WalletRow(Guid Id, string Currency, long Balance, long Pending, short Status, long Version, DateTime OpenedAt);
