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

    /// <summary>The service's own way to set the user, which refuses a bucket that is not on this shard.</summary>
    private const string FencedActSql = $"{ActSql} FROM bucket_owner WHERE bucket = $2 AND epoch = $3 AND state <> 'moved'";

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
                    ? new NpgsqlBatchCommand(FencedActSql)
                    {
                        Parameters =
                        {
                            new NpgsqlParameter<string> { TypedValue = owner.ToString() },
                            new NpgsqlParameter<short> { TypedValue = new UserId(owner).Bucket.Value },
                            new NpgsqlParameter<long> { TypedValue = known },
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
