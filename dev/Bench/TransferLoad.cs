using System.Diagnostics;

namespace Colonnade.Dev.Bench;

/// <summary>Clients that send money, each from a wallet of its own to wallets that take turns.</summary>
internal sealed class TransferLoad(BenchBed bed, BenchOptions options)
{
    /// <summary>Sends for some seconds and waits until every transfer has ended; that counts as part of the time.</summary>
    /// <param name="between">To wallets on the other shard.</param>
    public async Task<Sample> RunAsync(bool between, CancellationToken cancellationToken)
    {
        var before = bed.Processes.Now();
        var started = Stopwatch.GetTimestamp();
        var sent = await Task.WhenAll(bed.On(0).Take(TransferRows.Clients).Select(async (payer, n) =>
        {
            var payees = bed.On(between ? 1 : 0).Where(account => account != payer).ToArray();
            var times = new List<double>();
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < options.Seconds)
            {
                var began = Stopwatch.GetTimestamp();
                await bed.PostAsync(
                    "/transfers", payer.Token,
                    new { from = payer.Wallet, to = payees[(n + times.Count) % payees.Length].Wallet, amount = 1, currency = "EUR" }, cancellationToken);
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }

            return times;
        }));
        while (await bed.ScalarAsync<long>("shard0", "SELECT count(*) FROM transfers WHERE ended_at IS NULL", cancellationToken) > 0)
        {
            await Task.Delay(5, cancellationToken);
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var all = sent.SelectMany(times => times).Order().ToArray();
        return new Sample(
            new Measurement(all.Length, all.Length, 0, 0, seconds, all[all.Length / 2], all[(int)(all.Length * 0.99)], Cpu: 0, Allocated: 0),
            bed.Processes.Now() - before);
    }

}
