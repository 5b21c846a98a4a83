using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Infrastructure.Caching;

/// <summary>
/// The door to Redis. Who goes through waits for a bounded time and gets no exception. When Redis fails a few times in a
/// second the door shuts, and nobody waits any more until a ping was answered; no request pays for finding that out.
/// </summary>
internal class RedisCircuit(IConnectionMultiplexer redis, IOptions<CacheOptions> options, CacheTelemetry telemetry) : IDisposable
{
    private const int FailuresThatOpen = 3;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingInterval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _counting = new();
    private volatile bool _isOpen;
    private long _windowBegan;
    private int _failures;

    public bool IsOpen => _isOpen;

    /// <param name="ask">Sends commands, and returns what Redis says.</param>
    /// <returns>Whether Redis has answered, and what. When it did not, what was sent may still be done, at any later time.</returns>
    public virtual async ValueTask<(bool Answered, T? Answer)> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        if (_isOpen)
        {
            return default;
        }

        try
        {
            if (redis.IsConnected)
            {
                return (true, await ask(redis.GetDatabase()).WaitAsync(options.Value.Patience));
            }

            Open("It is not connected.");
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            if (IsOneTooMany())
            {
                Open(exception.Message);
            }
        }

        return default;
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
        GC.SuppressFinalize(this);
    }

    private bool IsOneTooMany()
    {
        lock (_counting)
        {
            var now = Environment.TickCount64;
            if (now - _windowBegan > Window.TotalMilliseconds)
            {
                (_windowBegan, _failures) = (now, 0);
            }

            return ++_failures >= FailuresThatOpen;
        }
    }

    private void Open(string reason)
    {
        lock (_counting)
        {
            if (_isOpen || _ending.IsCancellationRequested)
            {
                return;
            }

            _isOpen = true;
        }

        telemetry.CircuitOpened(reason);
        _ = CloseWhenAnsweredAsync(_ending.Token);
    }

    private async Task CloseWhenAnsweredAsync(CancellationToken ending)
    {
        while (!await IsAnsweredAsync())
        {
            await Task.Delay(PingInterval, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ending.IsCancellationRequested)
            {
                return;
            }
        }

        lock (_counting)
        {
            (_windowBegan, _failures, _isOpen) = (0, 0, false);
        }

        telemetry.CircuitClosed();
    }

    private async Task<bool> IsAnsweredAsync()
    {
        try
        {
            return redis.IsConnected && await redis.GetDatabase().PingAsync().WaitAsync(options.Value.Patience) >= TimeSpan.Zero;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            return false;
        }
    }
}
