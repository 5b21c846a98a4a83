using System.Diagnostics;

namespace Platform.Sagas;

/// <summary>
/// Keeps a shard that hangs from stopping the work on others. Each shard has turns of its own, and a circuit breaker: while
/// it is open, nobody waits for the shard.
/// </summary>
internal sealed class SagaBulkheads(IOptions<SagaOptions> options) : IDisposable
{
    /// <summary>Failures in a row, since a single slow step says little about its shard.</summary>
    private const int FailuresToOpen = 3;

    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Bulkhead> _shards = new();

    /// <param name="shard">Where the work is done.</param>
    /// <param name="work">A transaction or two.</param>
    /// <param name="stopping">Ends the wait for a turn, and not the work.</param>
    /// <param name="cancellationToken">Of the work: when it is cancelled, the shard was too slow.</param>
    /// <exception cref="ShardAwayException">The circuit is open, or no turn became free in time.</exception>
    public async Task<T> RunAsync<T>(
        string shard, Func<Task<T>> work, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var bulkhead = _shards.GetOrAdd(shard, _ => new Bulkhead(options.Value.Workers));
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        if (!bulkhead.IsClosed || !await bulkhead.Turns.WaitAsync(TurnTimeout, waiting.Token))
        {
            throw new ShardAwayException(shard);
        }

        try
        {
            var result = await work();
            bulkhead.Succeeded();
            return result;
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested
            || DatabaseErrors.Of(exception) is DatabaseError.Away or DatabaseError.OutcomeUnknown)
        {
            bulkhead.Failed();
            throw;
        }
        finally
        {
            bulkhead.Turns.Release();
        }
    }

    public void Dispose()
    {
        foreach (var bulkhead in _shards.Values)
        {
            bulkhead.Turns.Dispose();
        }
    }

    private sealed class Bulkhead(int turns)
    {
        private int _failures;
        private long _lastFailure;

        public SemaphoreSlim Turns { get; } = new(turns);

        /// <summary>
        /// Some are let through each time that the circuit has been open for long enough, to see how the shard is.
        /// </summary>
        public bool IsClosed => Volatile.Read(ref _failures) < FailuresToOpen
            || Stopwatch.GetElapsedTime(Volatile.Read(ref _lastFailure)) > OpenFor;

        public void Succeeded() => Volatile.Write(ref _failures, 0);

        public void Failed()
        {
            Volatile.Write(ref _lastFailure, Stopwatch.GetTimestamp());
            Interlocked.Increment(ref _failures);
        }
    }
}

/// <summary>Work on the shard is not tried for now.</summary>
internal sealed class ShardAwayException(string shard) : Exception($"'{shard}' does not answer, or has too much to do.");
