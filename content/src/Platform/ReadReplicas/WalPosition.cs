using System.Globalization;

namespace Platform.ReadReplicas;

/// <summary>A place in the write-ahead log of a database's servers.</summary>
/// <param name="Timeline">Raised by each promotion of a replica.</param>
/// <param name="Lsn">Log sequence number, in bytes; it goes on across timelines.</param>
public readonly record struct WalPosition(int Timeline, ulong Lsn)
{
    /// <summary>
    /// PostgreSQL's <c>system_identifier</c>; 0 when it is not known. Places in two clusters cannot be compared.
    /// </summary>
    public long Cluster { get; init; }

    public bool IsOfCluster(long cluster) => Cluster == 0 || cluster == 0 || Cluster == cluster;

    /// <summary>
    /// Whether a server that has replayed this has all that was committed up to <paramref name="needed"/> and not lost. A
    /// timeline begins as a copy of the one before, so on a newer timeline the same LSN is enough. On an older one no LSN
    /// is: past the fork it is another log.
    /// </summary>
    public bool Covers(WalPosition needed) =>
        IsOfCluster(needed.Cluster) && Timeline >= needed.Timeline && Lsn >= needed.Lsn;

    public bool IsAfter(WalPosition other) => (Timeline, Lsn).CompareTo((other.Timeline, other.Lsn)) > 0;

    /// <summary>What <see cref="ToString"/> has made.</summary>
    /// <exception cref="FormatException">It is another text.</exception>
    public static WalPosition Parse(string text) => text.Split('.') is [var cluster, var timeline, var lsn]
        ? new(int.Parse(timeline, CultureInfo.InvariantCulture), ulong.Parse(lsn, CultureInfo.InvariantCulture))
        {
            Cluster = long.Parse(cluster, CultureInfo.InvariantCulture),
        }
        : throw new FormatException($"'{text}' is no position.");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Cluster}.{Timeline}.{Lsn}");
}
