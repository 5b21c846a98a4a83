using System.Diagnostics;

namespace Platform.Sagas;

/// <summary>
/// Runs the engine's transactions as the worker, each in its scope. A shard that hangs does not stop the work on others: each
/// shard has its turns, and a circuit breaker. While that is open, the shard's work fails at once.
/// </summary>
internal sealed class SagaBulkheads(IServiceScopeFactory scopes, BucketMap buckets, IOptions<SagaOptions> options) : IDisposable
{
    /// <summary>Failures in a row, since a single slow step says little about its shard.</summary>
    private const int FailuresToOpen = 3;

    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Bulkhead> _shards = new();

    /// <param name="owner">The transaction is on the shard of this user, and in their name.</param>
    /// <param name="work">Gets the unit of work, its context and the scope's services.</param>
    /// <param name="cancellationToken">Ends the work: when it is cancelled, the shard was too slow.</param>
    /// <param name="stopping">Ends only the wait for a turn.</param>
    /// <exception cref="ShardAwayException">The circuit is open, or no turn became free in time.</exception>
    public async Task<T> RunAsync<T>(
        UserId owner, Func<ShardWriter, ShardContext, IServiceProvider, Task<T>> work, CancellationToken cancellationToken,
        CancellationToken stopping = default)
    {
        var shard = (await buckets.RouteOfAsync(owner.Bucket, cancellationToken)).Shard;
        var bulkhead = _shards.GetOrAdd(shard, _ => new Bulkhead(options.Value.Workers));
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        if (!bulkhead.IsClosed || !await bulkhead.Turns.WaitAsync(TurnTimeout, waiting.Token))
        {
            throw new ShardAwayException(shard);
        }

        try
        {
            var result = await InScopeAsync();
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

        async Task<T> InScopeAsync()
        {
            await using var scope = scopes.CreateAsyncScope();
            var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
            writer.UseWorkerRole();
            return await work(writer, await writer.JoinAsync(owner, cancellationToken), scope.ServiceProvider);
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
