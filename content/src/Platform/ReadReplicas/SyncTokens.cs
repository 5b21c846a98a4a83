namespace Platform.ReadReplicas;

/// <summary>
/// What one request must at least see of each database: what its Sync-Token says, what it has committed itself, and what it
/// has read. One per request, or per piece of background work.
/// </summary>
internal sealed class SyncTokens
{
    private readonly Dictionary<string, WalPosition> _needed = [];
    private readonly HashSet<string> _committed = [];

    public Consistency Consistency { get; set; } = Consistency.Session;

    /// <summary>The request had a token that this service has not made, so only a primary will do.</summary>
    public bool IsUnreadable { get; set; }

    public IReadOnlyDictionary<string, WalPosition> All => _needed;

    /// <summary>Version of the bucket map by which the writes were routed that this request must see.</summary>
    public long MapVersion { get; private set; }

    public bool HasCommitted => _committed.Count > 0;

    /// <summary>The request has seen or committed more than its token asked for, so its answer carries a token.</summary>
    public bool HasChanged { get; private set; }

    public bool HasCommittedTo(string database) => _committed.Contains(database);

    /// <summary>
    /// Null when any state of the database will do. What the request has committed itself it sees always, the token of the
    /// request only where the endpoint looks at it.
    /// </summary>
    public WalPosition? Needed(string database) =>
        (Consistency == Consistency.Session || HasCommittedTo(database)) && _needed.TryGetValue(database, out var position)
            ? position
            : null;

    public void Require(string database, WalPosition position) => _needed[database] =
        _needed.TryGetValue(database, out var known) && known.IsAfter(position) ? known : position;

    public void RequireMap(long version) => MapVersion = Math.Max(MapVersion, version);

    /// <summary>The request has committed, and the commit is at or before this position.</summary>
    public void Committed(string database, WalPosition position)
    {
        _committed.Add(database);
        Saw(database, position);
        HasChanged = true;
    }

    /// <summary>
    /// The request has seen the database at this position. Of another cluster, or of a timeline that is lost, the token asked
    /// for what nobody can show any more, so this comes in its place.
    /// </summary>
    public void Saw(string database, WalPosition position)
    {
        var isNewer = !_needed.TryGetValue(database, out var known) || !known.IsOfCluster(position.Cluster)
            || known.Timeline > position.Timeline || position.IsAfter(known);
        if (isNewer)
        {
            _needed[database] = position;
            HasChanged = true;
        }
    }
}
