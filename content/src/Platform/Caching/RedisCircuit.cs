using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Platform.Caching;

/// <summary>
/// All commands to Redis go through it: each waits for a bounded time and throws nothing. It opens when Redis is not
/// connected, is late, or refuses a command (full, read-only); then nothing is asked until Redis has taken a write. A Redis
/// that answers reads only is not used, since it still has the values that no floor can remove.
/// </summary>
internal class RedisCircuit(IConnectionMultiplexer redis, IOptions<CacheOptions> options, CacheTelemetry telemetry)
    : IHealthCheck, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ending = new();
    private string? _reason;

    /// <summary>When it was last closed, as <see cref="Environment.TickCount64"/>. Floors from before may be missing.</summary>
    public long ClosedAt { get; private set; } = long.MinValue / 2;

    public bool IsOpen => Volatile.Read(ref _reason) is not null;

    /// <param name="ask">Sends commands, and returns what Redis says.</param>
    /// <returns>Whether Redis has answered, and what. When it did not, what was sent may still be done later.</returns>
    public virtual async ValueTask<(bool Answered, T? Answer)> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        if (IsOpen)
        {
            return default;
        }

        var (failure, answer) = await TryAsync(ask);
        if (failure is not null && Interlocked.CompareExchange(ref _reason, failure, null) is null)
        {
            telemetry.CircuitChanged(1);
            telemetry.LogOpened(failure);
            _ = CloseWhenWrittenAsync();
        }

        return (failure is null, answer);
    }

    /// <summary>
    /// Writes a small value, so that an instance that only reads finds out as well. Degraded, not unhealthy, when that fails:
    /// the service is slower without Redis and still right.
    /// </summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        await AskAsync(WriteAsync);
        return Volatile.Read(ref _reason) is { } reason
            ? HealthCheckResult.Degraded($"Redis is bypassed until it takes a write: {reason}")
            : HealthCheckResult.Healthy();
    }

    public void Dispose()
    {
        _ending.Cancel();
        GC.SuppressFinalize(this);
    }

    private async Task<(string? Failure, T? Answer)> TryAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        try
        {
            return redis.IsConnected
                ? (null, await ask(redis.GetDatabase()).WaitAsync(options.Value.Timeout))
                : ("It is not connected.", default);
        }
        catch (Exception exception)
            when (exception is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            return (exception.Message, default);
        }
    }

    private Task<bool> WriteAsync(IDatabase database) =>
        database.StringSetAsync($"{options.Value.Prefix}:probe", "1", TimeSpan.FromMinutes(1));

    private async Task CloseWhenWrittenAsync()
    {
        // A circuit that opens again soon, as on a Redis that is nearly full, is tried less often.
        var pause = Environment.TickCount64 - ClosedAt < Steady.TotalMilliseconds ? LongPause : Pause;
        do
        {
            await Task.Delay(Backoff.Jittered(pause), _ending.Token);
            // The client finds out by itself only once a minute that a replica has become the primary.
            await TryAsync(_ => redis.ConfigureAsync());
        }
        while ((await TryAsync(WriteAsync)).Failure is not null);

        ClosedAt = Environment.TickCount64;
        Volatile.Write(ref _reason, null);
        telemetry.CircuitChanged(-1);
        telemetry.LogClosed();
    }
}
