namespace Platform.ReadReplicas;

/// <summary>Where one read goes, and what the server there must say of itself. To be disposed when the read has ended.</summary>
/// <param name="Source">Name of the data source.</param>
/// <param name="Needed">Cluster (0 for any), timeline and position that the server must have.</param>
/// <param name="Replica">Null for a primary.</param>
/// <param name="Reason">Why it goes there; null when that is not counted.</param>
/// <param name="AsksPosition">Whether the answer carries what the read has seen.</param>
/// <param name="Room">Of the primary, in which the read takes one place.</param>
internal sealed record ReadRoute(
    string Source, WalPosition Needed, Replica? Replica = null, string? Reason = null, bool AsksPosition = false,
    SemaphoreSlim? Room = null) : IDisposable
{
    private ulong _end;

    /// <summary>What the replica had replayed before the read began; null for a primary, and before it has said so.</summary>
    public WalPosition? Seen { get; private set; }

    /// <summary>All rows that the read has found were there at this position; null when it was not asked for.</summary>
    public WalPosition? End => _end == 0 ? null : Needed with { Lsn = _end };

    /// <summary>
    /// To cancel a command, Npgsql asks the server over another connection and blocks a thread until it answers. So what a
    /// replica was asked is not cancelled: a read that takes too long is left to itself.
    /// </summary>
    public CancellationToken Cancellation(CancellationToken cancellationToken) =>
        Replica is null ? cancellationToken : CancellationToken.None;

    public void Pass(ulong lsn)
    {
        Seen = Replica is null ? null : Needed with { Lsn = lsn };
        _end = AsksPosition ? lsn : 0;
    }

    /// <summary>The last one counts.</summary>
    public void SetEnd(ulong lsn) => _end = lsn;

    public void Dispose() => Room?.Release();
}
