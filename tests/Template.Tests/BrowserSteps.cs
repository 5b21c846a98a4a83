using System.Collections.Concurrent;
using Microsoft.Playwright;
using Xunit.Sdk;

namespace Template.Tests;

/// <summary>Steps on a page. A failure tells the step, what the page showed and the errors of the browser's console.</summary>
internal sealed class BrowserSteps
{
    private readonly IPage _page;
    private readonly ConcurrentQueue<string> _errors = new();

    public BrowserSteps(IPage page)
    {
        _page = page;
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                _errors.Enqueue($"{message.Text} ({message.Location})");
            }
        };
    }

    /// <summary>Fails if the step fails or the browser's console has an error.</summary>
    public async Task RunAsync(string step, Func<Task> work)
    {
        try
        {
            await work();
            Assert.Empty(_errors);
        }
        catch (Exception exception) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            var page = $"--- {_page.Url} showed:\n{await TextAsync()}";
            var console = $"--- Errors of the console: {string.Join('\n', _errors)}";
            throw new XunitException($"{step}: {exception.Message}\n{console}\n{page}", exception);
        }
    }

    private async Task<string> TextAsync()
    {
        try
        {
            return await _page.Locator("body").InnerTextAsync(new() { Timeout = 5_000 });
        }
        catch (Exception exception) when (exception is PlaywrightException or TimeoutException)
        {
            return $"nothing that can be read: {exception.Message}";
        }
    }
}
