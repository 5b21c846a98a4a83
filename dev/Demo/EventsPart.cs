using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Colonnade.Dev.Demo;

/// <summary>Money is seen to arrive, and what happened while nobody was connected comes afterwards.</summary>
internal static class EventsPart
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Walk walk)
    {
        walk.Title("Events as they happen (GET /events, server-sent events)");
        var opened = await walk.PostAsync("/wallets", "radia", new { currency = "EUR" }, expected: 201);
        var deposits = $"/wallets/{opened.Body.GetProperty("id")}/deposits";
        var last = await ReadAsync(walk, after: null, async read =>
        {
            Walk.Check((await read("ready")).EventId is not null, "The stream does not say where it begins.");
            await walk.PostAsync(deposits, "radia", new { amount = 700, currency = "EUR" }, expected: 200);
            return await ExpectAsync(700, read);
        });

        walk.Say("  disconnected");
        await walk.PostAsync(deposits, "radia", new { amount = 800, currency = "EUR" }, expected: 200);
        await walk.PostAsync(deposits, "radia", new { amount = 900, currency = "EUR" }, expected: 200);
        walk.Say("  connected again, with Last-Event-ID");
        await ReadAsync(walk, last, async read =>
        {
            await ExpectAsync(800, read);
            return await ExpectAsync(900, read);
        });

        async Task<string> ExpectAsync(long amount, Func<string, Task<SseItem<string>>> read)
        {
            var item = await read("deposit");
            walk.Say($"  event {item.EventType}: {item.Data}");
            var payload = JsonElement.Parse(item.Data).GetProperty("payload");
            Walk.Check(payload.GetProperty("amount").GetInt64() == amount, $"The next event is {payload} and not the deposit of {amount}.");
            return item.EventId!;
        }
    }

    /// <summary>Connects, and hands over what waits for the next event of a type.</summary>
    private static async Task<string> ReadAsync(Walk walk, string? after, Func<Func<string, Task<SseItem<string>>>, Task<string>> use)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(walk.Cancelled);
        patience.CancelAfter(s_patience);
        using var request = walk.Request(HttpMethod.Get, "/events", "radia");
        if (after is not null)
        {
            request.Headers.Add("Last-Event-ID", after);
        }

        using var response = await walk.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        await using var items = SseParser.Create(await response.Content.ReadAsStreamAsync(patience.Token))
            .EnumerateAsync(patience.Token).GetAsyncEnumerator(patience.Token);
        try
        {
            return await use(async type =>
            {
                while (await items.MoveNextAsync())
                {
                    if (items.Current.EventType == type)
                    {
                        return items.Current;
                    }
                }

                throw new DemoFailedException($"The stream ended without an event '{type}'.");
            });
        }
        catch (OperationCanceledException) when (!walk.Cancelled.IsCancellationRequested)
        {
            throw new DemoFailedException($"An event did not come within {s_patience.TotalSeconds} s.");
        }
    }
}
