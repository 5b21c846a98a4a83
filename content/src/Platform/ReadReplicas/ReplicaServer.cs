using System.Diagnostics;

namespace Platform.ReadReplicas;

/// <summary>
/// One server that reads go to, and what the probe knows of it, so that reads choose well. Whether it may answer a read it is
/// asked itself, by <see cref="ReadGuard"/>. All databases on it share it, since they share its log.
/// </summary>
/// <param name="name">host:port.</param>
/// <param name="source">Connection string name of one of its databases, which the probe uses.</param>
internal sealed class ReplicaServer(string name, string source, PrimaryServers primary, TimeSpan maxLag)
{
    /// <summary>A probe that has said nothing for this long says nothing about now.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(3);

    private volatile State _state = new(default, IsPrimary: false, default, default, At: null);
    private ulong _missed;

    public string Name => name;

    public string Source => source;

    public ProbePace Pace { get; } = new();

    /// <summary>What it has replayed, at least; of a primary, what it has flushed.</summary>
    public WalPosition Position => _state.Position;

    /// <summary>
    /// How long the primary had been ahead when it last answered. Not counted on while it does not: then nothing is
    /// committed that a replica could lack.
    /// </summary>
    public TimeSpan Lag => _state.Lag;

    /// <summary>What a read must find there that needs no position of its own: not older than the greatest lag.</summary>
    public ulong Floor => _state.Floor;

    /// <summary>
    /// It answers, and follows the timeline of the present primary, or is the present primary. While nobody reads there, the
    /// last answer counts.
    /// </summary>
    public bool IsUsable => _state.At is { } at && (Pace.IsIdle || Stopwatch.GetElapsedTime(at) < Trust) && WhyNot is null;

    /// <summary>Why reads do not go there though it answers; null when they do.</summary>
    public string? WhyNot
    {
        get
        {
            var (server, known) = (_state, primary.Known);
            var timeline = server.Position.Timeline;
            return !server.Position.IsOfCluster(known.Cluster) ? "it is of another cluster than the primary"
                : server.IsPrimary && timeline > known.Timeline
                    ? $"it was promoted to timeline {timeline}, and the primary that is known is on {known.Timeline}"
                : timeline < Math.Max(1, known.Timeline) ? "it follows no primary that is known"
                : null;
        }
    }

    /// <summary>A primary has all that was committed on its timeline, and a newer one all that was not lost.</summary>
    /// <param name="needed">Null when any state will do that is not too far behind.</param>
    public bool CanAnswer(WalPosition? needed) => IsUsable && (needed is { } position
        ? _state.Position.Covers(_state.IsPrimary ? position with { Lsn = 0 } : position)
        : _state.Lag <= maxLag);

    /// <summary>
    /// Whether to wait until it has a position. Not once it was waited for in vain, until it has got there: its replay is
    /// paused, or slower than the primary.
    /// </summary>
    public bool IsWorthWaiting(WalPosition needed) =>
        IsUsable && Position.Covers(needed with { Lsn = Volatile.Read(ref _missed) });

    public void Missed(WalPosition needed) => Volatile.Write(ref _missed, needed.Lsn);

    public void Observe(WalPosition position, bool isPrimary) => _state = isPrimary
        ? new(position, IsPrimary: true, TimeSpan.Zero, Floor: 0, Stopwatch.GetTimestamp())
        : new(position, IsPrimary: false, primary.LagOf(position.Lsn), primary.PositionBefore(maxLag), Stopwatch.GetTimestamp());

    /// <summary>It does not answer. Nothing goes there until it has.</summary>
    public void Fail() => _state = _state with { At = null };

    /// <summary>It has refused or broken off a read, or taken too long. Nothing goes there until the probe has asked.</summary>
    public void MarkSuspect()
    {
        Fail();
        _ = Pace.RefreshAsync();
    }

    /// <param name="At">When it answered (<see cref="Stopwatch"/> ticks); null when it did not.</param>
    private sealed record State(WalPosition Position, bool IsPrimary, TimeSpan Lag, ulong Floor, long? At);
}
