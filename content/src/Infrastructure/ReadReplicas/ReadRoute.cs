namespace Infrastructure.ReadReplicas;

/// <summary>Where one read goes. To be disposed when it has ended.</summary>
/// <param name="Source">Name of the data source.</param>
/// <param name="Seen">What that server was known to have replayed before the read began; null for a primary.</param>
internal sealed record ReadRoute(string Source, WalPosition? Seen) : IDisposable
{
    private Action? _ended;

    /// <summary>The replica that it goes to; null for a primary.</summary>
    public ReplicaServer? Replica { get; private init; }

    public static ReadRoute To(Replica replica)
    {
        replica.Server.Enter();
        return new(replica.Source, replica.Server.Position) { Replica = replica.Server, _ended = replica.Server.Left };
    }

    /// <param name="database">The database.</param>
    /// <param name="ended">Called once the read has ended.</param>
    public static ReadRoute ToPrimary(string database, Action? ended = null) => new(database, Seen: null) { _ended = ended };

    public void Dispose() => Interlocked.Exchange(ref _ended, null)?.Invoke();
}
