using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Integration.Tests.Fixtures;

/// <summary>Waits for what must come to pass, and not for ever.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(
        Func<Task<bool>> condition, int seconds = 20, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            Assert.True(waited.Elapsed.TotalSeconds < seconds, $"It did not come to pass within {seconds} s: {what}");
        }
    }

    public static Task TrueAsync(
        Func<bool> condition, int seconds = 20, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), seconds, what);
}
