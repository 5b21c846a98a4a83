namespace Platform.ReadReplicas;

/// <summary>Where one read goes, and what the server there must say of itself. To be disposed when the read has ended.</summary>
/// <param name="Source">Name of the data source.</param>
/// <param name="Needed">Cluster (0 for any), timeline and position that the server must have.</param>
internal sealed record ReadRoute(string Source, WalPosition Needed) : IDisposable
{
    private ulong _end;

    /// <summary>The replica that it goes to; null for a primary.</summary>
    public Replica? Replica { get; init; }

    /// <summary>Why it goes there; null when that is not counted.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the answer carries what the read has seen.</summary>
    public bool AsksPosition { get; init; }

    /// <summary>Is called when the read has ended.</summary>
    public Action? Ended { get; init; }

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

    public void Dispose() => Ended?.Invoke();
}
