using System.Globalization;
using System.Text.RegularExpressions;

namespace Colonnade.Dev.Bench;

/// <summary>
/// The floor of a transfer within a shard: pgbench with the statements that the service sends, in the same transaction, in
/// the role of the service, with row security and TLS.
/// </summary>
internal static partial class PgBench
{
    /// <summary>Where PostgreSQL's programs are not on PATH, as on Debian.</summary>
    private static readonly string s_program = new[] { "/usr/bin/pgbench" }
        .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateFiles("/usr/lib/postgresql", "pgbench", SearchOption.AllDirectories) : [])
        .FirstOrDefault(File.Exists) ?? "pgbench";

    /// <summary>Seconds until every process is connected and has its plans, as the service that it is compared with has.</summary>
    private const int WarmUp = 2;

    /// <summary>
    /// A process for each client, with a script of its own. pgbench picks among scripts at random, so one process would
    /// have its clients wait for each other's wallets, and prepare every statement of every script.
    /// </summary>
    public static async Task<Sample> MeasureAsync(
        BenchBed bed, BenchOptions options, IReadOnlyList<(Account Payer, Account Payee)> pairs, CancellationToken cancellationToken)
    {
        var seconds = Math.Max(1, (int)options.Seconds);
        var directory = Directory.CreateDirectory(bed.File("pgbench")).FullName;
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(bed.ConnectionString("shard0", "app_rw"));
        var environment = new Dictionary<string, string?>
        {
            ["PGPASSWORD"] = connection.Password,
            ["PGSSLMODE"] = "verify-full",
            ["PGSSLROOTCERT"] = connection.RootCertificate,
            ["PGHOST"] = connection.Host,
            ["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture),
            ["PGUSER"] = connection.Username,
        };
        var running = Task.WhenAll(pairs.Select(async (pair, n) =>
        {
            var file = Path.Combine(directory, $"{n}.sql");
            await File.WriteAllTextAsync(file, Script(pair.Payer, pair.Payee), cancellationToken);
            var outcome = await Shell.RunAsync(
                s_program, ["-n", "-M", "prepared", "-c", "1", "-T", $"{WarmUp + seconds + 1}", "-P", "1", "-f", file, "shard0"],
                directory, cancellationToken, environment: environment);
            var measured = Progress().Matches(outcome.Text).Skip(WarmUp).Take(seconds).ToArray();
            return measured.Length == seconds
                ? measured.Select(line => (Rate: Number(line.Groups[1]), Latency: Number(line.Groups[2])))
                : throw new BenchFailedException($"pgbench: {outcome.Text}");
        }));
        await Task.Delay(TimeSpan.FromSeconds(WarmUp), cancellationToken);
        var before = bed.Processes.Now();
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
        var use = bed.Processes.Now() - before;
        var all = (await running).SelectMany(each => each).ToArray();
        var count = (long)all.Sum(second => second.Rate);
        return new Sample(
            new Measurement(count, count, 0, 0, seconds, all.Average(second => second.Latency), P99: 0, Cpu: 0, Allocated: 0),
            use with { Api = 0, Allocated = 0 });
    }

    private static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);

    /// <summary>
    /// What one POST /transfers comes to in the database, from the look at the payee to COMMIT. What the service sends
    /// together is a pipeline here.
    /// </summary>
    private static string Script(Account payer, Account payee) => $$"""
        \set key random(1, 9000000000000000)
        \startpipeline
        SELECT CASE WHEN pg_is_in_recovery() THEN 2
            WHEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int <> 1 THEN 2
            WHEN (SELECT epoch FROM bucket_owner WHERE bucket = bucket_of('{{payee.Wallet}}') AND state <> 'moved') IS DISTINCT FROM {{payee.Epoch}}
            THEN 4 WHEN set_config('app.user_id', '{{payee.Wallet}}', true) IS NULL THEN 5 ELSE 0 END, pg_current_wal_flush_lsn();
        SELECT wallet_owner('{{payee.Wallet}}');
        \endpipeline
        \startpipeline
        BEGIN;
        SELECT act_for('{{payer.Owner}}', {{payer.Epoch}}, 1);
        SELECT claim_key('{{payer.Owner}}', :key::text, interval '1 day');
        SELECT act_for('{{payee.Owner}}', {{payee.Epoch}}, 1);
        SELECT id, owner_id, currency, balance, pending, status, version, opened_at FROM wallets
        WHERE (id, owner_id) IN (('{{payer.Wallet}}', '{{payer.Owner}}'), ('{{payee.Wallet}}', '{{payee.Owner}}')) ORDER BY id FOR UPDATE;
        \endpipeline
        \startpipeline
        {{Event(payer, "money-sent")}}
        {{Event(payee, "money-received")}}
        INSERT INTO idempotency_keys (owner_id, key, request_hash, answer)
        VALUES ('{{payer.Owner}}', :key::text, '\x{{new string('a', 64)}}', '{{new string('x', 250)}}')
        ON CONFLICT (owner_id, key) DO UPDATE
        SET request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at;
        {{Entry(payer, -1)}}
        {{Entry(payee, 1)}}
        {{Update(payer, -1)}}
        {{Update(payee, 1)}}
        INSERT INTO transfers (owner_id, id, wallet_id, payee_id, payee_wallet_id, amount, currency, status, created_at, ended_at)
        VALUES ('{{payer.Owner}}', gen_random_uuid(), '{{payer.Wallet}}', '{{payee.Owner}}', '{{payee.Wallet}}', 1, 'EUR', 2, now(), now());
        COMMIT;
        SELECT pg_current_wal_flush_lsn();
        \endpipeline
        """;

    private static string Entry(Account account, int amount) => $"""
        INSERT INTO entries (owner_id, wallet_id, account, version, id, transfer_id, kind, amount, balance, created_at)
        SELECT owner_id, id, 1, version + 1, gen_random_uuid(), gen_random_uuid(), 2, {amount}, balance + ({amount}), now()
        FROM wallets WHERE id = '{account.Wallet}';
        """;

    private static string Update(Account account, int amount) => $"""
        WITH updated AS (
            UPDATE wallets SET balance = balance + ({amount}), version = version + 1
            WHERE id = '{account.Wallet}' AND owner_id = '{account.Owner}' RETURNING 1
        )
        SELECT 1 / count(*) FROM updated;
        """;

    private static string Event(Account account, string type) => $$"""
        INSERT INTO events (owner_id, epoch, type, payload)
        VALUES ('{{account.Owner}}', {{account.Epoch}}, '{{type}}', '{"wallet": "{{account.Wallet}}", "amount": 1, "currency": "EUR", "balance": 1}');
        """;

    /// <summary>A second of a process: transactions, and their average in milliseconds.</summary>
    [GeneratedRegex(@"progress: [\d.]+ s, ([\d.]+) tps, lat ([\d.]+) ms")]
    private static partial Regex Progress();
}
