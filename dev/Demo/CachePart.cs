namespace Colonnade.Dev.Demo;

/// <summary>A payee is looked up in the database, then in the cache, and never as they were before their own change.</summary>
internal static class CachePart
{
    public static async Task RunAsync(Walk walk)
    {
        walk.Title("A payee's handle, read through the cache");
        var first = await walk.PostAsync("/wallets", "barbara", new { currency = "EUR" }, expected: 201);
        var second = await walk.PostAsync("/wallets", "barbara", new { currency = "EUR" }, expected: 201);
        var handle = $"barbara-{first.Body.GetProperty("id").GetGuid():N}"[..24];
        var named = await NameAsync(first);
        await ExpectAsync(first, named.SyncToken);
        var hit = await ExpectAsync(first, named.SyncToken);
        Walk.Check(hit.ServedBy.Contains("hit", StringComparison.Ordinal), $"It was not in the cache: {hit.ServedBy}");

        var renamed = await NameAsync(second);
        await ExpectAsync(second, renamed.SyncToken);
        walk.Say("  after the change, with its token: the new wallet");

        Task<Answer> NameAsync(Answer wallet) => walk.SendAsync(
            HttpMethod.Put, "/payees/me", "barbara", new { handle, wallet = wallet.Body.GetProperty("id") }, expected: 200);

        async Task<Answer> ExpectAsync(Answer wallet, string syncToken)
        {
            var read = await walk.SendAsync(HttpMethod.Get, $"/payees/{handle}", "barbara", null, expected: 200, syncToken: syncToken);
            Walk.Check(
                read.Body.GetProperty("wallet").GetGuid() == wallet.Body.GetProperty("id").GetGuid(), $"The payee is {read.Body}.");
            return read;
        }
    }
}
