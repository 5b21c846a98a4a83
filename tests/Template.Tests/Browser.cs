using Microsoft.Playwright;

namespace Template.Tests;

/// <summary>Chromium or Chrome of this machine, without a window.</summary>
internal static class Browser
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>No look at the network, and no second process that outlives the test.</summary>
    private static readonly string[] s_arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(directory => s_names.Select(name => Path.Combine(directory, name)))
        .FirstOrDefault(File.Exists);

    public static void SkipIfMissing() =>
        Assert.SkipWhen(Program is null, $"No browser is here: none of {string.Join(", ", s_names)} is on PATH.");

    public static Task<IBrowser> LaunchAsync(IPlaywright playwright) =>
        playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = s_arguments });
}
