using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Infrastructure.Sagas;

/// <summary>A run that this instance may work on.</summary>
/// <param name="Since">When the lease began, or a little before (<see cref="System.Diagnostics.Stopwatch"/> ticks).</param>
internal sealed record SagaLease(SagaRun Run, long Since);

/// <summary>
/// Leased runs that wait for a worker of this instance. A place is reserved before a run is leased, so that none is
/// leased that has no place.
/// </summary>
internal sealed class SagaQueue(IOptions<SagaOptions> options) : IDisposable
{
    private readonly Channel<SagaLease> _runs = Channel.CreateUnbounded<SagaLease>();
    private readonly SemaphoreSlim _places = new(options.Value.QueueLength);
    private volatile bool _isClosed = true;

    public bool TryReserve() => !_isClosed && _places.Wait(0);

    /// <summary>Waits for a place, and takes as many more as there are, up to <paramref name="most"/>.</summary>
    public async Task<int> ReserveAsync(int most, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        var count = 1;
        while (count < most && _places.Wait(0, CancellationToken.None))
        {
            count++;
        }

        return count;
    }

    /// <summary>Gives places back that were reserved and are not needed.</summary>
    public void GiveBack(int places)
    {
        if (places > 0)
        {
            _places.Release(places);
        }
    }

    /// <summary>Takes a reserved place. After the end, the run is left to those who find that its lease has run out.</summary>
    public void Enqueue(SagaLease lease) => _runs.Writer.TryWrite(lease);

    /// <summary>Until the queue is closed and empty.</summary>
    public async IAsyncEnumerable<SagaLease> ReadAllAsync()
    {
        await foreach (var lease in _runs.Reader.ReadAllAsync())
        {
            _places.Release();
            yield return lease;
        }
    }

    public void Open() => _isClosed = false;

    public void Close()
    {
        _isClosed = true;
        _runs.Writer.TryComplete();
    }

    public void Dispose() => _places.Dispose();
}
