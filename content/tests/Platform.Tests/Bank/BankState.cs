using Application.Sagas;
using Domain.Transfers;
using Domain.Wallets;

namespace Platform.Tests.Bank;

internal sealed record WalletRow(string Shard, Guid Id, Guid Owner, string Currency, long Balance, long Pending);

internal sealed record EntryRow(
    string Shard, Guid Id, Guid Owner, Guid Wallet, LedgerAccount Account, Guid Transfer, EntryKind Kind, long Amount,
    long? Balance);

internal sealed record TransferRow(
    string Shard, Guid Id, Guid Owner, Guid Wallet, Guid Payee, Guid PayeeWallet, long Amount, string Currency,
    TransferStatus Status);

internal sealed record SagaRow(string Shard, Guid Id, Guid Owner, SagaStatus Status, int Step, string? Failure);

internal sealed record KeyRow(string Shard, Guid Owner, string Key, string? Answer)
{
    /// <summary>The answer of a command that was refused, which has no effect.</summary>
    public bool IsRefusal => Answer?.Contains("\"Refusals\":[", StringComparison.Ordinal) == true;
}

/// <summary>A user's rows on a shard, and what the shard and the directory say of their bucket.</summary>
/// <param name="State">What the shard says; null when it never had the bucket.</param>
/// <param name="Map">The shard that the directory says has it.</param>
internal sealed record Placement(string Shard, Guid Owner, int Bucket, string? State, string? Map);

/// <summary>
/// All rows of the bank on all shards, as a superuser sees them. Rows that a shard has kept of a bucket that it gave away
/// are no more than garbage, and left out.
/// </summary>
internal sealed record BankState(
    IReadOnlyList<WalletRow> Wallets,
    IReadOnlyList<EntryRow> Entries,
    IReadOnlyList<TransferRow> Transfers,
    IReadOnlyList<SagaRow> Sagas,
    IReadOnlyList<KeyRow> Keys,
    IReadOnlyList<Placement> Placements)
{
    private const string Here =
        "NOT EXISTS (SELECT FROM bucket_owner b WHERE b.bucket = bucket_of(r.owner_id) AND b.state = 'moved')";

    /// <param name="connectionString">Of a database, for a superuser, on the server that is the primary.</param>
    public static async Task<BankState> ReadAsync(
        Func<string, string> connectionString, IEnumerable<string> shards, CancellationToken cancellationToken)
    {
        var map = new Dictionary<int, string>();
        await RowsAsync(connectionString("directory"), "SELECT bucket, shard FROM bucket_map", row =>
            map[row.GetInt16(0)] = row.GetString(1));
        var (wallets, entries, transfers) = (new List<WalletRow>(), new List<EntryRow>(), new List<TransferRow>());
        var (sagas, keys, placements) = (new List<SagaRow>(), new List<KeyRow>(), new List<Placement>());
        foreach (var shard in shards)
        {
            await RowsAsync(
                connectionString(shard), $"SELECT id, owner_id, currency, balance, pending FROM wallets r WHERE {Here}", row =>
                wallets.Add(new(shard, row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4))));
            await RowsAsync(
                connectionString(shard),
                $"SELECT id, owner_id, wallet_id, account, transfer_id, kind, amount, balance FROM entries r WHERE {Here}",
                row => entries.Add(new(
                    shard, row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), (LedgerAccount)row.GetInt16(3), row.GetGuid(4),
                    (EntryKind)row.GetInt16(5), row.GetInt64(6), row.IsDBNull(7) ? null : row.GetInt64(7))));
            await RowsAsync(
                connectionString(shard),
                $"SELECT id, owner_id, wallet_id, payee_id, payee_wallet_id, amount, currency, status FROM transfers r "
                + $"WHERE {Here}",
                row => transfers.Add(new(
                    shard, row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetGuid(3), row.GetGuid(4), row.GetInt64(5),
                    row.GetString(6), (TransferStatus)row.GetInt16(7))));
            await RowsAsync(
                connectionString(shard), $"SELECT id, owner_id, status, step, failure FROM sagas r WHERE {Here}", row =>
                sagas.Add(new(
                    shard, row.GetGuid(0), row.GetGuid(1), (SagaStatus)row.GetInt16(2), row.GetInt32(3),
                    row.IsDBNull(4) ? null : row.GetString(4))));
            await RowsAsync(connectionString(shard), $"SELECT owner_id, key, answer FROM idempotency_keys r WHERE {Here}", row =>
                keys.Add(new(shard, row.GetGuid(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2))));
            await RowsAsync(
                connectionString(shard),
                """
                SELECT DISTINCT r.owner_id, bucket_of(r.owner_id), b.state
                FROM (SELECT owner_id FROM wallets UNION SELECT owner_id FROM entries UNION SELECT owner_id FROM transfers) r
                LEFT JOIN bucket_owner b ON b.bucket = bucket_of(r.owner_id)
                """,
                row => placements.Add(new(
                    shard, row.GetGuid(0), row.GetInt16(1), row.IsDBNull(2) ? null : row.GetString(2),
                    map.GetValueOrDefault(row.GetInt16(1)))));
        }

        return new BankState(wallets, entries, transfers, sagas, keys, placements);

        async Task RowsAsync(string database, string sql, Action<NpgsqlDataReader> read)
        {
            await using var connection = new NpgsqlConnection($"{database};Pooling=false;Timeout=30;Command Timeout=60");
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                read(reader);
            }
        }
    }
}
