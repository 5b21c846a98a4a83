using System.Diagnostics;

namespace Colonnade.Dev.Demo;

/// <summary>Money goes from one user to another: within a shard, between shards by a saga, and back when it is refused.</summary>
internal static class TransfersPart
{
    private static readonly string[] s_names = ["ada", "grace", "linus", "edsger", "barbara", "donald", "margaret", "ken", "radia", "tony"];

    public static async Task RunAsync(Walk walk)
    {
        var (ada, neighbour, faraway) = await FindUsersAsync(walk);
        await walk.PostAsync($"/wallets/{ada.Wallet}/deposits", ada.Name, new { amount = 10_000, currency = "EUR" }, expected: 200);

        walk.Title($"A transfer within {ada.Shard}: one transaction");
        var made = await PayAsync(walk, ada, neighbour.Wallet, 1_000, expected: 201);
        Walk.Check(Status(made) == "posted", $"It is {Status(made)} and not posted.");
        await TellLegsAsync(walk, made);

        walk.Title("The same request again, with the same Idempotency-Key");
        var first = await PayAsync(walk, ada, neighbour.Wallet, 500, expected: 201, key: "demo");
        var again = await PayAsync(walk, ada, neighbour.Wallet, 500, expected: 201, key: "demo");
        Walk.Check(first.Body.ToString() == again.Body.ToString(), "It was answered differently.");
        walk.Say($"  the same answer, and money moved once: transfer {again.Body.GetProperty("id")}");

        walk.Title($"A transfer from {ada.Shard} to {faraway.Shard}, to a handle: a saga");
        await walk.SendAsync(
            HttpMethod.Put, "/payees/me", faraway.Name, new { handle = $"{faraway.Name}-demo", wallet = faraway.Wallet }, expected: 200);
        var accepted = await PayAsync(walk, ada, $"{faraway.Name}-demo", 2_000, expected: 202);
        walk.Say($"  {Status(accepted)} at once");
        var posted = await EndAsync(walk, ada, accepted);
        Walk.Check(Status(posted) == "posted", $"It is {Status(posted)} and not posted.");
        await TellStepsAsync(walk, posted);
        await TellLegsAsync(walk, posted);

        walk.Title("The payee's wallet is frozen: the money comes back");
        await walk.PostAsync($"/wallets/{faraway.Wallet}/freeze", faraway.Name, new { }, expected: 200);
        var voided = await EndAsync(walk, ada, await PayAsync(walk, ada, faraway.Wallet, 3_000, expected: 202));
        Walk.Check(Status(voided) == "voided", $"It is {Status(voided)} and not voided.");
        await TellStepsAsync(walk, voided);
        walk.Say($"  reason: {voided.Body.GetProperty("reason").GetProperty("text")}");
        await TellLegsAsync(walk, voided);

        var left = await walk.PostAsync($"/wallets/{ada.Wallet}/deposits", ada.Name, new { amount = 1, currency = "EUR" }, expected: 200);
        Walk.Check(left.Body.GetProperty("balance").GetInt64() == 10_000 - 1_000 - 500 - 2_000 + 1, $"{ada.Name} has {left.Body}.");

        walk.Title("Nobody's name, no rows");
        var hidden = await walk.CountAsync(ada.Shard, "app_rw", "SELECT count(*) FROM wallets");
        var there = await walk.CountAsync(ada.Shard, "owner", "SELECT count(*) FROM wallets");
        Walk.Check(hidden == 0 && there > 0, $"app_rw sees {hidden} of {there} wallets.");
        walk.Say($"  app_rw without a user sees {hidden} of {there} wallets on {ada.Shard}: row security is in the database");
    }

    /// <summary>Two users on one shard and one on the other. Their shard is where their wallet's row is.</summary>
    private static async Task<(User Payer, User Neighbour, User Faraway)> FindUsersAsync(Walk walk)
    {
        walk.Title("Users, and the shards that their buckets are on");
        var users = new List<User>();
        foreach (var name in s_names)
        {
            var opened = await walk.PostAsync("/wallets", name, new { currency = "EUR" }, expected: 201);
            var wallet = opened.Body.GetProperty("id").GetString()!;
            foreach (var shard in Database.Shards)
            {
                if (await walk.CountAsync(shard, "owner", $"SELECT count(*) FROM wallets WHERE id = '{wallet}'") == 1)
                {
                    users.Add(new User(name, wallet, shard));
                }
            }

            if (users.GroupBy(user => user.Shard).ToArray() is [var one, var other] && (one.Count() > 1 || other.Count() > 1))
            {
                var (near, far) = one.Count() > 1 ? (one, other) : (other, one);
                foreach (var user in users)
                {
                    walk.Say($"  {user.Name} is on {user.Shard}");
                }

                return (near.ElementAt(0), near.ElementAt(1), far.First());
            }
        }

        throw new DemoFailedException("All users are on one shard.");
    }

    private static Task<Answer> PayAsync(Walk walk, User payer, string to, long amount, int expected, string? key = null) =>
        walk.PostAsync("/transfers", payer.Name, new { from = payer.Wallet, to, amount, currency = "EUR" }, expected, key);

    private static async Task<Answer> EndAsync(Walk walk, User payer, Answer accepted)
    {
        var path = $"/transfers/{accepted.Body.GetProperty("id")}";
        for (var wait = Stopwatch.StartNew(); wait.Elapsed < TimeSpan.FromSeconds(10); await Task.Delay(50, walk.Cancelled))
        {
            if (await walk.CountAsync(
                payer.Shard, "owner", $"SELECT count(*) FROM transfers WHERE id = '{accepted.Body.GetProperty("id")}' AND ended_at IS NOT NULL") == 1)
            {
                // The replica may be a moment behind the primary.
                await Task.Delay(200, walk.Cancelled);
                return await walk.GetAsync(path, payer.Name);
            }
        }

        throw new DemoFailedException($"{path} had not ended after 10 s.");
    }

    private static async Task TellStepsAsync(Walk walk, Answer transfer)
    {
        var steps = new List<(string At, string Text)>();
        foreach (var shard in Database.Shards)
        {
            foreach (var row in await walk.QueryAsync(
                shard,
                "owner",
                $"SELECT to_char(done_at, 'HH24:MI:SS.MS'), step, coalesce('refused: ' || error, 'done') FROM saga_steps WHERE saga_id = '{Id(transfer)}'"))
            {
                steps.Add((row[0], $"{row[0]}  {shard}  {row[1]}  {row[2]}"));
            }
        }

        Walk.Check(steps.Count >= 2, $"The saga of transfer {Id(transfer)} has {steps.Count} steps.");
        foreach (var (_, text) in steps.OrderBy(step => step.At, StringComparer.Ordinal))
        {
            walk.Say($"  step  {text}");
        }
    }

    private static async Task TellLegsAsync(Walk walk, Answer transfer)
    {
        foreach (var shard in Database.Shards)
        {
            var legs = await walk.QueryAsync(
                shard,
                "owner",
                $"""
                 SELECT (ARRAY['balance', 'pending', 'outside', 'clearing'])[account], amount
                 FROM entries WHERE transfer_id = '{Id(transfer)}' ORDER BY created_at, kind, amount
                 """);
            Walk.Check(legs.Sum(leg => long.Parse(leg[1], null)) == 0, $"The legs on {shard} do not sum to zero.");
            if (legs.Count > 0)
            {
                walk.Say($"  {shard} legs, which sum to zero: {string.Join(", ", legs.Select(leg => $"{leg[0]} {leg[1]}"))}");
            }
        }
    }

    private static string Status(Answer transfer) => transfer.Body.GetProperty("status").GetString()!;

    private static string Id(Answer transfer) => transfer.Body.GetProperty("id").GetString()!;

    private sealed record User(string Name, string Wallet, string Shard);
}
