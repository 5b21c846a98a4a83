using Colonnade.Dev.Demo;
using Colonnade.Dev.Testing;
using Fixtures;
using Microsoft.Playwright;
using Spectre.Console;

namespace Template.Tests;

/// <summary>A real browser listens to a running service, by EventSource and by WebSocket, and loses its connections.</summary>
[Trait(Part.Trait, Part.Clients)]
public sealed class BrowserTests(Generator generator)
{
    private const string User = "ada";

    /// <summary>An EventSource connects again by itself and says where it was; a page does that for a WebSocket.</summary>
    private const string Listen = """
        token => {
            const seen = window.seen = { sse: [], socket: [], ready: { sse: 0, socket: 0 }, connections: { sse: 0, socket: 0 } };
            const source = new EventSource(`/events?access_token=${token}`);
            source.onopen = () => seen.connections.sse++;
            source.addEventListener('ready', () => seen.ready.sse++);
            source.addEventListener('deposit', event => seen.sse.push(JSON.parse(event.data).payload.amount));
            let after = null;
            const open = () => {
                const socket = new WebSocket(`ws://${location.host}/events/ws?access_token=${token}${after ? `&after=${encodeURIComponent(after)}` : ''}`);
                socket.onopen = () => seen.connections.socket++;
                socket.onmessage = message => {
                    const { id, event, data } = JSON.parse(message.data);
                    after = id ?? after;
                    if (event === 'ready') seen.ready.socket++;
                    if (event === 'deposit') seen.socket.push(data.payload.amount);
                };
                socket.onclose = () => setTimeout(open, 200);
            };
            open();
        }
        """;

    private const string BothHave = "n => seen.sse.length >= n && seen.socket.length >= n";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_browser_misses_no_event_when_its_connections_break()
    {
        Browser.SkipIfMissing();

        var solution = await generator.BuildAsync(Flavours.Default);
        var tokens = TokenIssuer.For(solution);
        await using var service = await RunningService.StartAsync(solution, tokens.Environment, _ => { }, Cancelled);
        await using var between = new TcpProxy(service.State.Api.Port);
        var nowhere = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        using var walk = new Walk(service, tokens, nowhere, Cancelled);
        var wallet = (await walk.PostAsync("/wallets", User, new { currency = "EUR" }, expected: 201)).Body.GetProperty("id").GetGuid();

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Browser.LaunchAsync(playwright);
        var page = await browser.NewPageAsync();
        await page.GotoAsync($"http://localhost:{between.Port}/health/live");
        await page.EvaluateAsync(Listen, tokens.TokenFor(User));
        await page.WaitForFunctionAsync("seen.ready.sse > 0 && seen.ready.socket > 0");

        int[] amounts = [.. Enumerable.Range(1, 9)];
        foreach (var round in amounts.Chunk(3))
        {
            foreach (var amount in round)
            {
                await walk.PostAsync($"/wallets/{wallet}/deposits", User, new { amount, currency = "EUR" }, expected: 200);
            }

            await page.WaitForFunctionAsync(BothHave, round[0]);
            between.Resume(dropped: true);
        }

        await page.WaitForFunctionAsync(BothHave, amounts.Length);
        Assert.Equal(amounts, await page.EvaluateAsync<int[]>("seen.sse"));
        Assert.Equal(amounts, await page.EvaluateAsync<int[]>("seen.socket"));
        Assert.True(await page.EvaluateAsync<bool>("seen.connections.sse > 1 && seen.connections.socket > 1"), "No connection was cut.");
    }
}
