using Acme.Service.Application.Platform;
using Acme.Service.Infrastructure.Persistence;

namespace Acme.Service.Infrastructure.ReadReplicas;

/// <summary>
/// Decides for one request which server its reads go to: the replica, until the request has written. From then on the
/// primary, since the replica may not have replayed the write yet.
/// </summary>
internal sealed class ReadRouting(AnswerTrail trail)
{
    private bool _hasWritten;

    public void Wrote()
    {
        _hasWritten = true;
        trail.Add("db", "primary");
    }

    /// <summary>Name of the data source to read <paramref name="database"/> from.</summary>
    public string SourceFor(string database)
    {
        if (_hasWritten)
        {
            return PrimaryOf(database);
        }

        trail.Add("db", "replica");
        return DatabaseNames.ReplicaOf(database);
    }

    public ValueTask<ReadRoute> RouteAsync(string database, CancellationToken cancellationToken) =>
        new(new ReadRoute(SourceFor(database), Seen: null));

    /// <summary>The same for a read that the replica cannot answer.</summary>
    public string PrimaryOf(string database)
    {
        trail.Add("db", "primary");
        return database;
    }
}
