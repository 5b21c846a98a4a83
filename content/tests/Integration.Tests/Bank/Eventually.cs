using System.Diagnostics;

namespace Acme.Service.Integration.Tests.Bank;

internal static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, int seconds = 30)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(waited.Elapsed.TotalSeconds < seconds, "It did not come to pass.");
        }
    }
}
