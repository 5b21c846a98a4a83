using System.Net.Http.Json;
using Colonnade.Dev.Demo;
using Colonnade.Dev.Testing;
using Microsoft.Playwright;
using Spectre.Console;

namespace Template.Tests;

/// <summary>A newcomer's first minutes with the dashboard of a generated service, in a real browser.</summary>
[Trait(Part.Trait, Part.Clients)]
public sealed class DashboardTests(Generator generator)
{
    /// <summary>Set to 1, the picture for the README is made anew.</summary>
    private const string WriteScreenshot = "COLONNADE_WRITE_SCREENSHOT";

    private const string Pause = "fluent-button[title^='The replica goes on receiving']";
    private const string Resume = "fluent-button[title^='The replica catches up']";
    private const float Patience = 60_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

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
        page.SetDefaultTimeout(Patience);
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                errors.Add(message.Text);
            }
        };

        await page.GotoAsync(service.Dashboard!.ToString());
        await ShowsTheTopologyAsync(page);
        await PausesAndResumesAsync(page, walk);
        await FindsTheTransferAsync(page, walk, service.Dashboard);
        Assert.Empty(errors);
    }

    private static async Task ShowsTheTopologyAsync(IPage page)
    {
        foreach (var name in (string[])["postgres", "directory", "shard0", "shard1", "postgres-replica", "redis", "api"])
        {
            await RowOf(page, name).WaitForAsync();
            await UntilAsync(async () => (await RowOf(page, name).InnerTextAsync()).Contains("Running", StringComparison.Ordinal), name);
        }

        Assert.InRange(await page.Locator("tr.resource-row, tr:has(.resource-name-text)").CountAsync(), 7, 9);
        if (Environment.GetEnvironmentVariable(WriteScreenshot) == "1")
        {
            // This machine has no trusted certificate, and a banner that says so.
            await page.AddStyleTagAsync(new() { Content = ".fluent-messagebar { display: none }" });
            await page.ScreenshotAsync(new() { Path = Repository.File("docs/dashboard.png") });
        }
    }

    private static async Task PausesAndResumesAsync(IPage page, Walk walk)
    {
        var replica = RowOf(page, "postgres-replica");
        await replica.Locator(Pause).ClickAsync();
        await UntilAsync(async () => (await replica.InnerTextAsync()).Contains("Degraded", StringComparison.Ordinal), "Degraded");

        var written = await walk.PostAsync("/wallets", "grace", new { currency = "EUR" }, expected: 201);
        var read = await walk.SendAsync(HttpMethod.Get, "/wallets", "grace", null, expected: 200, syncToken: written.SyncToken);
        Assert.Contains("primary", read.ServedBy, StringComparison.Ordinal);

        await replica.ClickAsync(); // Opens the details.
        await page.GetByText("Paused", new() { Exact = true }).WaitForAsync();
        await UntilAsync(
            async () => (await page.Locator("body").InnerTextAsync()).Split('\n')
                .Any(line => line.EndsWith(" bytes", StringComparison.Ordinal) && line != "0 bytes"),
            "the lag grows");
        await page.Locator("fluent-button[title='Close']").First.ClickAsync();

        await replica.Locator(Resume).ClickAsync();
        await UntilAsync(async () => !(await replica.InnerTextAsync()).Contains("Degraded", StringComparison.Ordinal), "not Degraded");
        await UntilAsync(
            async () => (await walk.SendAsync(HttpMethod.Get, "/wallets", "grace", null, expected: 200, syncToken: written.SyncToken))
                .ServedBy.Contains("replica", StringComparison.Ordinal),
            "the replica answers again");
    }

    private static async Task FindsTheTransferAsync(IPage page, Walk walk, Uri dashboard)
    {
        var (from, to) = (await OpenAsync(walk, "ada"), await OpenAsync(walk, "bob"));
        await walk.PostAsync($"/wallets/{from}/deposits", "ada", new { amount = 1000, currency = "EUR" }, expected: 200);
        using var request = walk.Request(HttpMethod.Post, "/transfers", "ada");
        request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        request.Content = JsonContent.Create(new { from, to, amount = 100, currency = "EUR" });
        using var transferred = await walk.Http.SendAsync(request, Cancelled);
        transferred.EnsureSuccessStatusCode(); // 201 on one shard, 202 between two.

        await page.GotoAsync(new Uri(dashboard, "/traces").ToString());
        await page.Locator("tr", new() { HasText = "POST /transfers" }).First.ClickAsync();
        await page.GetByText("Total spans").WaitForAsync();
        Assert.Contains("postgresql", await page.Locator("body").InnerTextAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> OpenAsync(Walk walk, string user) =>
        (await walk.PostAsync("/wallets", user, new { currency = "EUR" }, expected: 201)).Body.GetProperty("id").GetString()!;

    private static ILocator RowOf(IPage page, string name) =>
        page.Locator($"tr:has(.resource-name-text:text-is('{name}'))");

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); !await condition(); await Task.Delay(250, Cancelled))
        {
            Assert.True(waited.ElapsedMilliseconds < Patience, $"Not within a minute: {what}.");
        }
    }
}
