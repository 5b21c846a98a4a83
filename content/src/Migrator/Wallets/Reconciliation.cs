using System.Runtime.CompilerServices;
using NpgsqlTypes;

namespace Migrator.Wallets;

/// <summary>How it ended; the numbers are the Migrator's exit codes.</summary>
public enum ReconcileOutcome
{
    NothingDiffers = 0,
    Failed = 1,
    NotConfigured = 2,
    Unreachable = 3,
    Differences = 5,
}

/// <summary>
/// Compares what wallets hold with their entries, and the legs of each transfer with each other, over all shards and while
/// the service runs. Rows of a bucket count on the shard that serves it.
/// </summary>
public sealed class Reconciliation(IConfiguration configuration)
{
    [Sql(typeof(short), Columns = [typeof(Guid), typeof(long), typeof(long), typeof(long), typeof(long)])]
    private const string WalletsSql = """
        SELECT w.id, w.balance, w.pending, coalesce(e.balance, 0)::bigint, coalesce(e.pending, 0)::bigint
        FROM wallets w JOIN bucket_owner b ON b.bucket = bucket_of(w.owner_id) AND b.state IN ('active', 'moving')
        LEFT JOIN (
            SELECT owner_id, wallet_id, sum(amount) FILTER (WHERE account = 1) AS balance,
                   sum(amount) FILTER (WHERE account = 2) AS pending
            FROM entries WHERE $1::smallint IS NULL OR bucket_of(owner_id) = $1
            GROUP BY owner_id, wallet_id
        ) e ON e.owner_id = w.owner_id AND e.wallet_id = w.id
        WHERE ($1 IS NULL OR bucket_of(w.owner_id) = $1)
          AND (w.balance <> coalesce(e.balance, 0) OR w.pending <> coalesce(e.pending, 0))
        """;

    /// <summary>A transfer's legs may be on two shards: then here they sum to something.</summary>
    [Sql(Columns = [typeof(Guid), typeof(long), typeof(long)])]
    private const string TransfersSql = """
        SELECT e.transfer_id, sum(e.amount)::bigint, coalesce(sum(e.amount) FILTER (WHERE e.account = 4), 0)::bigint
        FROM entries e JOIN bucket_owner b ON b.bucket = bucket_of(e.owner_id) AND b.state IN ('active', 'moving')
        GROUP BY e.transfer_id
        HAVING sum(e.amount) <> 0 OR coalesce(sum(e.amount) FILTER (WHERE e.account = 4), 0) <> 0
        ORDER BY e.transfer_id
        """;

    [Sql(typeof(short), Columns = [typeof(Guid)])]
    private const string TransfersOfBucketSql =
        "SELECT DISTINCT transfer_id FROM entries WHERE bucket_of(owner_id) = $1 ORDER BY transfer_id";

    [Sql(typeof(Guid[]), Columns = [typeof(Guid), typeof(long), typeof(long)])]
    private const string SumsSql = """
        SELECT e.transfer_id, sum(e.amount)::bigint, coalesce(sum(e.amount) FILTER (WHERE e.account = 4), 0)::bigint
        FROM entries e JOIN bucket_owner b ON b.bucket = bucket_of(e.owner_id) AND b.state IN ('active', 'moving')
        WHERE e.transfer_id = ANY ($1)
        GROUP BY e.transfer_id
        """;

    /// <summary>The run of a transfer has its id.</summary>
    [Sql(typeof(Guid[]), Columns = [typeof(Guid)])]
    private const string UnderWaySql = "SELECT id FROM sagas WHERE status IN (1, 2, 5) AND id = ANY ($1)";

    private const int AtOnce = 1_000;
    private const int MaxLines = 1_000;

    /// <param name="bucket">Null for all.</param>
    /// <param name="tell">Gets a sentence for each thing that differs, and one at the end.</param>
    public async Task<ReconcileOutcome> RunAsync(int? bucket, Action<string> tell, CancellationToken cancellationToken)
    {
        try
        {
            var count = 0;
            await foreach (var difference in DifferencesAsync(bucket, cancellationToken).Take(MaxLines))
            {
                tell(difference);
                count++;
            }

            tell(count == 0 ? "Nothing differs." : $"{count}{(count == MaxLines ? " or more" : "")} differences.");
            return count == 0 ? ReconcileOutcome.NothingDiffers : ReconcileOutcome.Differences;
        }
        catch (InvalidOperationException exception)
        {
            tell(exception.Message);
            return ReconcileOutcome.NotConfigured;
        }
        catch (NpgsqlException exception)
        {
            tell(exception.Message);
            return exception is PostgresException ? ReconcileOutcome.Failed : ReconcileOutcome.Unreachable;
        }
    }

    /// <param name="bucket">Null for all.</param>
    /// <returns>A sentence for each thing that differs.</returns>
    /// <exception cref="InvalidOperationException">A connection string is missing.</exception>
    public async IAsyncEnumerable<string> DifferencesAsync(
        int? bucket, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shards = DatabaseNames.From(configuration).Shards
            .Select(shard => configuration.PrimaryOf(shard, settings => settings.CommandTimeout = 0)).ToArray();
        try
        {
            foreach (var shard in shards)
            {
                await foreach (var row in RowsAsync(shard, WalletsSql, (short?)bucket, cancellationToken))
                {
                    yield return $"Wallet {row.GetGuid(0)} has {row.GetInt64(1)} and {row.GetInt64(2)} pending, "
                        + $"and its entries sum to {row.GetInt64(3)} and {row.GetInt64(4)}.";
                }
            }

            var suspects = bucket is { } one ? OfBucketAsync(shards, (short)one, cancellationToken)
                : UnevenAsync(shards, cancellationToken);
            await foreach (var some in suspects.Chunk(AtOnce).WithCancellation(cancellationToken))
            {
                foreach (var (transfer, sum, clearing) in await CheckAsync(shards, some, cancellationToken))
                {
                    yield return $"The legs of transfer {transfer} sum to {sum}, and to {clearing} between shards.";
                }
            }
        }
        finally
        {
            foreach (var shard in shards)
            {
                await shard.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// Transfers that are not under way are complete, and so are the sums that are asked for after that was known.
    /// </summary>
    private static async Task<List<(Guid Transfer, long Sum, long Clearing)>> CheckAsync(
        NpgsqlDataSource[] shards, Guid[] transfers, CancellationToken cancellationToken)
    {
        var underWay = new HashSet<Guid>();
        foreach (var shard in shards)
        {
            await foreach (var row in RowsAsync(shard, UnderWaySql, transfers, cancellationToken))
            {
                underWay.Add(row.GetGuid(0));
            }
        }

        var sums = new Dictionary<Guid, (long Sum, long Clearing)>();
        foreach (var shard in shards)
        {
            await foreach (var row in RowsAsync(shard, SumsSql, transfers, cancellationToken))
            {
                var (sum, clearing) = sums.GetValueOrDefault(row.GetGuid(0));
                sums[row.GetGuid(0)] = (sum + row.GetInt64(1), clearing + row.GetInt64(2));
            }
        }

        return
        [
            .. sums.Where(item => item.Value != default && !underWay.Contains(item.Key))
                .Select(item => (item.Key, item.Value.Sum, item.Value.Clearing)),
        ];
    }

    private static async IAsyncEnumerable<Guid> OfBucketAsync(
        NpgsqlDataSource[] shards, short bucket, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var shard in shards)
        {
            await foreach (var row in RowsAsync(shard, TransfersOfBucketSql, bucket, cancellationToken))
            {
                yield return row.GetGuid(0);
            }
        }
    }

    /// <summary>
    /// Transfers whose legs do not sum to zero over all shards. Each shard gives its own in order, so none is kept in memory.
    /// </summary>
    private static async IAsyncEnumerable<Guid> UnevenAsync(
        NpgsqlDataSource[] shards, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var readers = shards.Select(
            shard => RowsAsync(shard, TransfersSql, null, cancellationToken).GetAsyncEnumerator(cancellationToken)).ToList();
        try
        {
            var heads = new List<IAsyncEnumerator<NpgsqlDataReader>>();
            foreach (var reader in readers)
            {
                if (await reader.MoveNextAsync())
                {
                    heads.Add(reader);
                }
            }

            while (heads.Count > 0)
            {
                var transfer = heads.Min(head => head.Current.GetGuid(0));
                var (sum, clearing) = (0L, 0L);
                foreach (var head in heads.Where(head => head.Current.GetGuid(0) == transfer).ToArray())
                {
                    (sum, clearing) = (sum + head.Current.GetInt64(1), clearing + head.Current.GetInt64(2));
                    if (!await head.MoveNextAsync())
                    {
                        heads.Remove(head);
                    }
                }

                if ((sum, clearing) != default)
                {
                    yield return transfer;
                }
            }
        }
        finally
        {
            foreach (var reader in readers)
            {
                await reader.DisposeAsync();
            }
        }
    }

    private static async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(
        NpgsqlDataSource shard, string sql, object? argument, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await shard.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        if (sql.Contains("$1", StringComparison.Ordinal))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = argument ?? DBNull.Value, NpgsqlDbType = TypeOf(argument) });
        }

        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            yield return rows;
        }
    }

    private static NpgsqlDbType TypeOf(object? argument) => argument switch
    {
        Guid[] => NpgsqlDbType.Array | NpgsqlDbType.Uuid,
        _ => NpgsqlDbType.Smallint,
    };
}
