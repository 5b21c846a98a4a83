using System.Diagnostics;
using Npgsql;

namespace Colonnade.Dev.Demo;

/// <summary>A write goes to the primary, reaches the replica by streaming, and is read there.</summary>
internal static class WalletsPart
{
    /// <summary>The row, and the server's own word on who it is. Asked as the role that owns the tables, who sees all rows.</summary>
    private const string Row = """
        SELECT w.balance,
               w.version,
               CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END,
               host(inet_server_addr()) || ':' || inet_server_port(),
               (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid())
        FROM wallets w
        WHERE w.id = $1
        """;

    public static async Task RunAsync(Walk walk)
    {
        walk.Title("A write on the primary");
        var opened = await walk.PostAsync("/wallets", "ada", new { currency = "EUR" }, expected: 201);
        var id = opened.Body.GetProperty("id").GetGuid();
        ExpectServedBy(opened, "primary");
        foreach (var amount in (int[])[2_500, 1_000, 750])
        {
            var deposited = await walk.PostAsync($"/wallets/{id}/deposits", "ada", new { amount, currency = "EUR" }, expected: 200);
            walk.Say($"  balance {deposited.Body.GetProperty("balance")} minor units");
        }

        walk.Title("The row, asked of both servers directly");
        var (database, onPrimary) = await FindAsync(walk, walk.Service.State.Primary, id);
        Walk.Check(onPrimary is { Role: "primary", Balance: 4_250 }, $"The primary holds {onPrimary}.");
        walk.Say($"  {database} on {onPrimary}");
        var started = Stopwatch.GetTimestamp();
        var (_, onReplica) = await FindAsync(walk, walk.Service.State.Replica, id, until: row => row.Balance == 4_250);
        Walk.Check(onReplica.Role == "replica", $"The replica says that it is a {onReplica.Role}.");
        walk.Say($"  {database} on {onReplica}, {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms later");

        walk.Title("The same row through the API");
        var read = await walk.GetAsync($"/wallets/{id}", "ada");
        Walk.Check(read.Body.GetProperty("balance").GetInt64() == 4_250, $"The wallet read is {read.Body}.");
        ExpectServedBy(read, "replica");

        walk.Title("Entries, two at a time, newest first");
        var page = await walk.GetAsync($"/wallets/{id}/entries?limit=2", "ada");
        var next = page.Body.GetProperty("next").GetGuid();
        var rest = await walk.GetAsync($"/wallets/{id}/entries?limit=2&after={next}", "ada");
        long[] amounts = [.. page.Body.GetProperty("items").EnumerateArray().Concat(rest.Body.GetProperty("items").EnumerateArray())
            .Select(entry => entry.GetProperty("amount").GetInt64())];
        walk.Say($"  {string.Join(", ", amounts)}");
        Walk.Check(amounts is [750, 1_000, 2_500], "The entries are not those deposits, newest first.");
        ExpectServedBy(rest, "replica");
    }

    private static void ExpectServedBy(Answer answer, string server) => Walk.Check(
        answer.ServedBy.Contains($"desc=\"{server}\"", StringComparison.Ordinal),
        $"Expected an answer from the {server}, but Server-Timing says '{answer.ServedBy}'.");

    /// <summary>Looks for the wallet on every shard, again and again until one has it and <paramref name="until"/> holds.</summary>
    private static async Task<(string Database, WalletRow Row)> FindAsync(
        Walk walk, Endpoint server, Guid id, Func<WalletRow, bool>? until = null)
    {
        for (var wait = Stopwatch.StartNew(); wait.Elapsed < TimeSpan.FromSeconds(10); await Task.Delay(5, walk.Cancelled))
        {
            foreach (var database in Database.Shards)
            {
                await using var source = NpgsqlDataSource.Create(walk.Service.ConnectionString(server, database, "owner"));
                await using var command = source.CreateCommand(Row);
                command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
                await using var reader = await command.ExecuteReaderAsync(walk.Cancelled);
                if (await reader.ReadAsync(walk.Cancelled))
                {
                    var row = new WalletRow(
                        reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetString(4));
                    if (until?.Invoke(row) != false)
                    {
                        return (database, row);
                    }
                }
            }
        }

        throw new DemoFailedException($"{server} had no such row of wallet {id} within 10 s.");
    }

    private sealed record WalletRow(long Balance, long Version, string Role, string Address, string Tls)
    {
        public override string ToString() => $"the {Role} at {Address} ({Tls}): balance {Balance}, version {Version}";
    }
}
