using Domain.Common;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Colonnade.Benchmarks;

/// <summary>
/// The floor of writes over HTTP: the statements that the service sends, by raw Npgsql, in as few round trips. Epochs are those
/// of a service whose buckets have not moved. The users are in the request: the floor looks nothing up.
/// </summary>
internal sealed class FloorWrites(NpgsqlDataSource source)
{
    private const string Entry = """
        INSERT INTO entries (owner_id, wallet_id, account, version, id, transfer_id, kind, amount, balance, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    private const string Update = """
        WITH updated AS (
            UPDATE wallets SET balance = $4, pending = $5, status = $6, version = $7
            WHERE id = $1 AND owner_id = $2 AND version = $3 RETURNING 1
        )
        SELECT 1 / count(*) FROM updated
        """;

    private const string Columns = "id, owner_id, currency, balance, pending, status, version, opened_at";

    private static readonly byte[] s_fingerprint = new byte[33];
    private static readonly string s_answer = new('x', 250);

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/wallets", async (OpenBody body, Guid owner) => TypedResults.Ok(await OpenAsync(owner, body.Currency)))
            .RequireAuthorization();
        app.MapPost("/wallets/{id:guid}/deposits", async (HttpContext http, Guid id, Guid owner, PayBody body) =>
            TypedResults.Ok(await DepositAsync(KeyOf(http), owner, id, body.Amount))).RequireAuthorization();
        app.MapPost("/transfers", async (HttpContext http, Guid owner, Guid payee, TransferBody body) =>
            TypedResults.Ok(await TransferAsync(KeyOf(http), owner, payee, body))).RequireAuthorization();
    }

    private static string KeyOf(HttpContext http) => http.Request.Headers["Idempotency-Key"].ToString();

    private async Task<WalletRow> OpenAsync(Guid owner, string currency)
    {
        var now = DateTimeOffset.UtcNow;
        var row = new WalletRow(IdOf(owner, now), currency, 0, 0, 1, 1, now.UtcDateTime);
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = connection.CreateBatch();
        Act(batch, owner);
        Add(
            batch, $"INSERT INTO wallets ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", P(row.Id), P(owner), P(currency), P(0L),
            P(0L), P((short)1), P(1L), P(row.OpenedAt));
        await CommitAsync(batch);
        return row;
    }

    private async Task<WalletRow> DepositAsync(string key, Guid owner, Guid id, long amount)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var lockOne = connection.CreateBatch();
        Act(lockOne, owner);
        Claim(lockOne, owner, key);
        Add(lockOne, $"SELECT {Columns} FROM wallets WHERE id = $1 AND owner_id = $2 FOR UPDATE", P(id), P(owner));
        var wallet = (await ReadAsync(lockOne, results: 2))[0].Row;
        var now = DateTimeOffset.UtcNow;
        var transfer = IdOf(owner, now);
        await using var batch = connection.CreateBatch();
        Event(batch, owner, "deposit", id, transfer, amount, wallet.Balance + amount);
        Complete(batch, owner, key);
        Save(batch, owner, wallet, amount);
        AddEntry(batch, owner, wallet, 3, transfer, 1, -amount, null, now);
        AddEntry(batch, owner, wallet, 1, transfer, 1, amount, wallet.Balance + amount, now);
        await CommitAsync(batch);
        return wallet with { Balance = wallet.Balance + amount, Version = wallet.Version + 1 };
    }

    private async Task<WalletRow> TransferAsync(string key, Guid owner, Guid payee, TransferBody body)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using (var lookup = connection.CreateBatch())
        {
            Add(lookup, NpgsqlReads.ActSql, P(body.To.ToString()));
            Add(lookup, "SELECT wallet_owner($1)", P(body.To));
            await lookup.ExecuteNonQueryAsync();
        }

        await using var transaction = await connection.BeginTransactionAsync();
        var lockBoth = connection.CreateBatch();
        Act(lockBoth, owner);
        Claim(lockBoth, owner, key);
        Act(lockBoth, payee);
        Add(
            lockBoth, $"SELECT {Columns} FROM wallets WHERE (id, owner_id) IN (($1, $2), ($3, $4)) ORDER BY id FOR UPDATE",
            P(body.From), P(owner), P(body.To), P(payee));
        var both = await ReadAsync(lockBoth, results: 3);
        var (from, to) = (both.Single(row => row.Row.Id == body.From).Row, both.Single(row => row.Row.Id == body.To).Row);
        var now = DateTimeOffset.UtcNow;
        var transfer = IdOf(owner, now);
        await using var batch = connection.CreateBatch();
        Event(batch, owner, "money-sent", from.Id, transfer, body.Amount, from.Balance - body.Amount);
        Event(batch, payee, "money-received", to.Id, transfer, body.Amount, to.Balance + body.Amount);
        Complete(batch, owner, key);
        Save(batch, owner, from, -body.Amount);
        AddEntry(batch, owner, from, 1, transfer, 2, -body.Amount, from.Balance - body.Amount, now);
        Save(batch, payee, to, body.Amount);
        AddEntry(batch, payee, to, 1, transfer, 3, body.Amount, to.Balance + body.Amount, now);
        Add(
            batch,
            """
            INSERT INTO transfers (owner_id, id, wallet_id, payee_id, payee_wallet_id, amount, currency, status, created_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            P(owner), P(transfer), P(from.Id), P(payee), P(to.Id), P(body.Amount), P("EUR"), P((short)2), P(now), P(now));
        await CommitAsync(batch);
        return from;
    }

    private static void Act(NpgsqlBatch batch, Guid user) => Add(batch, "SELECT act_for($1, $2, $3)", P(user), P(1L), P(1));

    private static void Claim(NpgsqlBatch batch, Guid owner, string key) =>
        Add(batch, "SELECT claim_key($1, $2, $3)", P(owner), P(key), P(TimeSpan.FromDays(1)));

    private static void Complete(NpgsqlBatch batch, Guid owner, string key) => Add(
        batch,
        """
        INSERT INTO idempotency_keys (owner_id, key, request_hash, answer) VALUES ($1, $2, $3, $4)
        ON CONFLICT (owner_id, key) DO UPDATE
        SET request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at
        """,
        P(owner), P(key), P(s_fingerprint), P(s_answer));

    private static void Save(NpgsqlBatch batch, Guid owner, WalletRow wallet, long amount) => Add(
        batch, Update, P(wallet.Id), P(owner), P(wallet.Version), P(wallet.Balance + amount), P(wallet.Pending), P(wallet.Status),
        P(wallet.Version + 1));

    private static void AddEntry(
        NpgsqlBatch batch, Guid owner, WalletRow wallet, short account, Guid transfer, short kind, long amount, long? balance, DateTimeOffset now) =>
        Add(
            batch, Entry, P(owner), P(wallet.Id), P(account), P(wallet.Version + 1), P(IdOf(owner, now)), P(transfer), P(kind), P(amount),
            P(balance), P(now));

    private static void Event(NpgsqlBatch batch, Guid owner, string type, Guid wallet, Guid transfer, long amount, long balance) => Add(
        batch, "INSERT INTO events (owner_id, epoch, type, payload) VALUES ($1, $2, $3, $4::text::jsonb)", P(owner), P(1L), P(type),
        P($$"""{"wallet":"{{wallet}}","transfer":"{{transfer}}","amount":{{amount}},"currency":"EUR","balance":{{balance}},"version":1}"""));

    private static async Task CommitAsync(NpgsqlBatch batch)
    {
        Add(batch, "COMMIT");
        Add(batch, "SELECT pg_current_wal_flush_lsn()");
        await batch.ExecuteNonQueryAsync();
    }

    /// <summary>The wallets in the last result of the batch.</summary>
    private static async Task<List<(WalletRow Row, Guid Owner)>> ReadAsync(NpgsqlBatch batch, int results)
    {
        await using var _ = batch;
        await using var reader = await batch.ExecuteReaderAsync();
        while (results-- > 0)
        {
            await reader.NextResultAsync();
        }

        var rows = new List<(WalletRow, Guid)>();
        while (await reader.ReadAsync())
        {
            rows.Add((
                new WalletRow(
                    reader.GetGuid(0), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt16(5), reader.GetInt64(6),
                    reader.GetDateTime(7)),
                reader.GetGuid(1)));
        }

        return rows;
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<T> P<T>(T value) => new() { TypedValue = value };

    private static Guid IdOf(Guid owner, DateTimeOffset now) => Domain.Wallets.WalletId.New(new UserId(owner), now).Value;
}

internal sealed record OpenBody(string Currency);

internal sealed record PayBody(long Amount, string Currency);

internal sealed record TransferBody(Guid From, Guid To, long Amount, string Currency);
