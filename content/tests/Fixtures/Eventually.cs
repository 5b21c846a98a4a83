using System.Runtime.CompilerServices;

namespace Fixtures;

/// <summary>Polls a condition until a timeout.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(
        Func<Task<bool>> condition, int seconds = 20, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            Assert.True(waited.Elapsed.TotalSeconds < seconds, $"Not true within {seconds} s: {what}");
        }
    }

    public static Task TrueAsync(
        Func<bool> condition, int seconds = 20, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), seconds, what);
}
