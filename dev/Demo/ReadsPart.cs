namespace Colonnade.Dev.Demo;

/// <summary>Whoever has written reads their own write, on the replica as soon as it has it.</summary>
internal static class ReadsPart
{
    private const int Pairs = 100;

    public static async Task RunAsync(Walk walk)
    {
        walk.Title("Read your own writes, by position in the write-ahead log");
        var opened = await walk.PostAsync("/wallets", "grace", new { currency = "EUR" }, expected: 201);
        var wallet = $"/wallets/{opened.Body.GetProperty("id")}";
        walk.Say($"  Sync-Token: {opened.SyncToken}");
        Walk.Check(opened.SyncToken.Length > 0, "A write was answered without a Sync-Token.");

        var servers = new Dictionary<string, int>();
        for (var balance = 1L; balance <= Pairs; balance++)
        {
            var written = await walk.SendAsync(
                HttpMethod.Post, $"{wallet}/deposits", "grace", new { amount = 1, currency = "EUR" }, expected: 200, isQuiet: true);
            var read = await walk.SendAsync(HttpMethod.Get, wallet, "grace", null, expected: 200, syncToken: written.SyncToken, isQuiet: true);
            Walk.Check(
                read.Body.GetProperty("balance").GetInt64() == balance, $"After a deposit the balance is {read.Body}, and not {balance}.");
            servers[read.ServedBy] = servers.GetValueOrDefault(read.ServedBy) + 1;
        }

        walk.Say($"  {Pairs} deposits, each read at once with its token: none was stale. Who answered:");
        foreach (var (server, count) in servers.OrderByDescending(server => server.Value))
        {
            walk.Say($"  {count,4}  {server}");
        }
    }
}
