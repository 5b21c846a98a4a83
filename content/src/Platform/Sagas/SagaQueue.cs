using System.Threading.Channels;

namespace Platform.Sagas;

/// <summary>A run that this instance may work on.</summary>
/// <param name="Since">When the lease began, or a little before (<see cref="System.Diagnostics.Stopwatch"/> ticks).</param>
internal sealed record SagaLease(SagaRun Run, long Since);

/// <summary>A queue for the runs that are stored on a shard, so that runs of one do not take the places of another's.</summary>
internal sealed class SagaQueues(IOptions<SagaOptions> options) : IDisposable
{
    private readonly ConcurrentDictionary<string, SagaQueue> _queues = new();

    public SagaQueue Of(string shard) => _queues.GetOrAdd(shard, _ => new SagaQueue(options.Value.QueueLength));

    public void Dispose()
    {
        foreach (var queue in _queues.Values)
        {
            queue.Dispose();
        }
    }
}

/// <summary>
/// Leased runs of one shard that this instance works on, or will at once. A place is reserved before a run is leased, so
/// that none is leased that has no place.
/// </summary>
internal sealed class SagaQueue(int length) : IDisposable
{
    private readonly Channel<SagaLease> _runs = Channel.CreateUnbounded<SagaLease>();
    private readonly SemaphoreSlim _places = new(length);
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

    /// <summary>Gives places back: of runs that have ended here, or that were reserved and are not needed.</summary>
    public void GiveBack(int places)
    {
        if (places > 0)
        {
            _places.Release(places);
        }
    }

    /// <summary>Takes a reserved place. After the end, the run is left to those who find that its lease has run out.</summary>
    public void Enqueue(SagaLease lease) => _runs.Writer.TryWrite(lease);

    /// <summary>Until the queue is closed and empty. The caller gives the place of each run back.</summary>
    public IAsyncEnumerable<SagaLease> ReadAllAsync() => _runs.Reader.ReadAllAsync();

    public void Open() => _isClosed = false;

    public void Close()
    {
        _isClosed = true;
        _runs.Writer.TryComplete();
    }

    public void Dispose() => _places.Dispose();
}
