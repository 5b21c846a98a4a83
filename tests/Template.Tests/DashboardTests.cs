using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Colonnade.Dev.Demo;
using Colonnade.Dev.Testing;
using Microsoft.Playwright;
using Spectre.Console;
using static Microsoft.Playwright.Assertions;

namespace Template.Tests;

/// <summary>A newcomer's first minutes with the dashboard of a generated service, in a real browser.</summary>
[Trait(Part.Trait, Part.Clients)]
public sealed partial class DashboardTests(Generator generator)
{
    /// <summary>Set to 1, the picture for the README is made anew.</summary>
    private const string WriteScreenshot = "COLONNADE_WRITE_SCREENSHOT";

    private const string Pause = "fluent-button[title^='The replica goes on receiving']";
    private const string Resume = "fluent-button[title^='The replica catches up']";

    /// <summary>In milliseconds.</summary>
    private const float Timeout = 60_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [GeneratedRegex("^[1-9][0-9,]* bytes$")]
    private static partial Regex Lag { get; }

    [Fact]
    public async Task The_dashboard_shows_the_topology_pauses_the_replica_and_finds_the_transfer()
    {
        Browser.SkipIfMissing();
        var solution = await generator.BuildAsync(Flavours.Default);
        var tokens = TokenIssuer.For(solution);
        await using var service = await RunningService.StartAsync(solution, tokens.Environment, _ => { }, Cancelled, aspire: true);
        var nowhere = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        using var walk = new Walk(service, tokens, nowhere, Cancelled);

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Browser.LaunchAsync(playwright);
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1400, Height = 640 } });
        page.SetDefaultTimeout(Timeout);
        SetDefaultExpectTimeout(Timeout);

        var steps = new BrowserSteps(page);
        await steps.RunAsync("Sign in by the printed address", () => page.GotoAsync(service.Dashboard!.ToString()));
        await steps.RunAsync("Show the topology", () => ShowsTheTopologyAsync(page));
        var written = "";
        await steps.RunAsync("Pause the replica", () => PausesAsync(page));
        await steps.RunAsync("Read from the primary", async () => written = await ReadsFromThePrimaryAsync(walk));
        await steps.RunAsync("Show the lag", () => ShowsTheLagAsync(page));
        await steps.RunAsync("Resume the replica", () => ResumesAsync(page));
        await steps.RunAsync("Read from the replica", () => ReadsFromTheReplicaAsync(walk, written));
        await steps.RunAsync("Transfer", () => TransfersAsync(walk));
        await steps.RunAsync("Find the transfer among the traces", () => FindsTheTransferAsync(page));
    }

    private static async Task ShowsTheTopologyAsync(IPage page)
    {
        foreach (var name in (string[])["postgres", "directory", "shard0", "shard1", "postgres-replica", "redis", "api"])
        {
            await Expect(RowOf(page, name)).ToContainTextAsync("Running");
        }

        Assert.InRange(await page.Locator("tr:has(.resource-name-text)").CountAsync(), 7, 9);
        if (Environment.GetEnvironmentVariable(WriteScreenshot) == "1")
        {
            // This machine has no trusted certificate, and a banner that says so.
            await page.AddStyleTagAsync(new() { Content = ".fluent-messagebar { display: none }" });
            await page.ScreenshotAsync(new() { Path = Repository.File("docs/dashboard.png") });
        }
    }

    private static async Task PausesAsync(IPage page)
    {
        var replica = RowOf(page, "postgres-replica");
        await replica.Locator(Pause).ClickAsync();
        await Expect(replica).ToContainTextAsync("Degraded");
    }

    /// <summary>Returns the token of a write that the replica does not show.</summary>
    private static async Task<string> ReadsFromThePrimaryAsync(Walk walk)
    {
        var written = await walk.PostAsync("/wallets", "grace", new { currency = "EUR" }, expected: 201);
        Assert.Contains("primary", await ReadAsync(walk, written.SyncToken), StringComparison.Ordinal);
        return written.SyncToken;
    }

    private static async Task ShowsTheLagAsync(IPage page)
    {
        await RowOf(page, "postgres-replica").Locator(".resource-name-text").ClickAsync(); // Opens the details.
        await page.GetByText("Paused", new() { Exact = true }).WaitForAsync();
        await page.GetByText(Lag).First.WaitForAsync();
        await page.Locator("fluent-button[title='Close']").First.ClickAsync();
    }

    private static async Task ResumesAsync(IPage page)
    {
        var replica = RowOf(page, "postgres-replica");
        await replica.Locator(Resume).ClickAsync();
        await Expect(replica).Not.ToContainTextAsync("Degraded");
    }

    private static async Task ReadsFromTheReplicaAsync(Walk walk, string written)
    {
        var limit = DateTime.UtcNow.AddMilliseconds(Timeout);
        for (string server; !(server = await ReadAsync(walk, written)).Contains("replica", StringComparison.Ordinal);)
        {
            Assert.True(DateTime.UtcNow < limit, $"After a minute the read was served by {server}.");
            await Task.Delay(250, Cancelled);
        }
    }

    private static async Task TransfersAsync(Walk walk)
    {
        var (from, to) = (await OpenAsync(walk, "ada"), await OpenAsync(walk, "bob"));
        await walk.PostAsync($"/wallets/{from}/deposits", "ada", new { amount = 1000, currency = "EUR" }, expected: 200);
        using var request = walk.Request(HttpMethod.Post, "/transfers", "ada");
        request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        request.Content = JsonContent.Create(new { from, to, amount = 100, currency = "EUR" });
        using var transferred = await walk.Http.SendAsync(request, Cancelled);
        transferred.EnsureSuccessStatusCode(); // 201 on one shard, 202 between two.
    }

    /// <summary>By the menu: an address loads the page again. The grid of spans is filled after its header is shown.</summary>
    private static async Task FindsTheTransferAsync(IPage page)
    {
        await page.Locator("a[href='/traces']").ClickAsync();
        await page.Locator("tr", new() { HasText = "POST /transfers" }).First.ClickAsync();
        await page.GetByText("Total spans").WaitForAsync();
        await page.GetByText("postgresql").First.WaitForAsync();
    }

    private static async Task<string> OpenAsync(Walk walk, string user) =>
        (await walk.PostAsync("/wallets", user, new { currency = "EUR" }, expected: 201)).Body.GetProperty("id").GetString()!;

    /// <summary>Which server answered, as the API tells.</summary>
    private static async Task<string> ReadAsync(Walk walk, string syncToken) =>
        (await walk.SendAsync(HttpMethod.Get, "/wallets", "grace", null, expected: 200, syncToken: syncToken)).ServedBy;

    private static ILocator RowOf(IPage page, string name) =>
        page.Locator($"tr:has(.resource-name-text:text-is('{name}'))");
}
