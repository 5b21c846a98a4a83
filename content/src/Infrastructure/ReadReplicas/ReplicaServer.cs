using System.Diagnostics;
using Infrastructure.Persistence;

namespace Infrastructure.ReadReplicas;

/// <summary>
/// One server that reads go to, and what the probe knows of it. All databases on it share it, since they share its log.
/// </summary>
/// <param name="name">host:port.</param>
/// <param name="source">Connection string name of one of its databases, which the probe uses.</param>
/// <param name="primary">Servers it follows.</param>
internal sealed class ReplicaServer(string name, string source, PrimaryServers primary) : IDisposable
{
    /// <summary>A probe that has said nothing for this long says nothing about now.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _wake = new(0, 1);
    private volatile State _state = new(default, IsPrimary: false, default, At: null);
    private Action? _left;
    private int _inFlight;
    private int _waiting;

    public string Name => name;

    public string Source => source;

    public PrimaryServers Primary => primary;

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>What it has replayed, at least; of a primary, what it has flushed.</summary>
    public WalPosition Position => _state.Position;

    /// <summary>
    /// How long the primary had been ahead when it last answered. Not counted on while it does not: then nothing is
    /// committed that a replica could lack.
    /// </summary>
    public TimeSpan Lag => _state.Lag;

    /// <summary>It answers, and follows the timeline of the present primary, or is the present primary.</summary>
    public bool IsUsable => _state is { At: { } at, Position.Timeline: var timeline }
        && timeline > 0 && timeline >= primary.Highest && Stopwatch.GetElapsedTime(at) < Trust;

    public bool IsWaitedFor => Volatile.Read(ref _waiting) > 0;

    /// <summary>Less for one that has more to do or is farther behind; 0 when it may not be used.</summary>
    /// <param name="needed">Null when any state will do that is not behind for more than <paramref name="maxLag"/>.</param>
    public double Weight(WalPosition? needed, TimeSpan maxLag)
    {
        if (!IsUsable || (needed is { } position ? !Has(position) : _state.Lag > maxLag))
        {
            return 0;
        }

        return 1 / ((1 + InFlight) * (1 + (_state.Lag / maxLag)));
    }

    public void Observe(WalPosition position, bool isPrimary)
    {
        _state = new(position, isPrimary, isPrimary ? TimeSpan.Zero : primary.LagOf(position.Lsn), Stopwatch.GetTimestamp());
    }

    /// <summary>It does not answer. Nothing goes there until it has.</summary>
    public void Fail() => _state = _state with { At = null };

    /// <summary>It has broken off a read, and may or may not be there: the probe asks at once.</summary>
    public void Doubt()
    {
        Fail();
        Wake();
    }

    public void Enter() => Interlocked.Increment(ref _inFlight);

    /// <summary>To be called when a read that has entered is over. One delegate for all, since it is made for each read.</summary>
    public Action Left => _left ??= () => Interlocked.Decrement(ref _inFlight);

    /// <summary>Has the probe ask at once, and often until the wait is over.</summary>
    public void BeginWait()
    {
        if (Interlocked.Increment(ref _waiting) == 1)
        {
            Wake();
        }
    }

    public void EndWait() => Interlocked.Decrement(ref _waiting);

    /// <summary>For the probe: until somebody waits, or the time has come.</summary>
    public Task WokenAsync(TimeSpan interval, CancellationToken cancellationToken) => _wake.WaitAsync(interval, cancellationToken);

    public void Dispose() => _wake.Dispose();

    private void Wake()
    {
        lock (_wake)
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    /// <summary>A primary has all that was committed on its timeline, and a newer one all that was not lost.</summary>
    private bool Has(WalPosition needed) =>
        _state.IsPrimary ? _state.Position.Timeline >= needed.Timeline : _state.Position.Covers(needed);

    /// <param name="At">When it answered (<see cref="Stopwatch"/> ticks); null when it did not.</param>
    private sealed record State(WalPosition Position, bool IsPrimary, TimeSpan Lag, long? At);
}
