namespace Application.Servers;

/// <summary>Every server this service talks to, as the server itself tells it. For development and operators.</summary>
public sealed record GetServers : IQuery<IReadOnlyList<ServerView>>;

/// <summary>A server, as it tells of itself.</summary>
/// <param name="Name">Name of the connection string.</param>
/// <param name="Role"><c>primary</c> or <c>replica</c>.</param>
/// <param name="Address">The server's end of the connection.</param>
/// <param name="Port">Port of that address.</param>
/// <param name="Database">Name of the database.</param>
/// <param name="User">The database role of this connection.</param>
/// <param name="Tls">Version of TLS; null without it.</param>
/// <param name="Version">Of the server.</param>
/// <param name="Lag">Seconds between a commit on the primary and its replay here; null on a primary.</param>
/// <param name="Error">Why the server did not answer; then nothing but the name is known.</param>
public sealed record ServerView(
    string Name,
    string? Role = null,
    string? Address = null,
    int? Port = null,
    string? Database = null,
    string? User = null,
    string? Tls = null,
    string? Version = null,
    double? Lag = null,
    string? Error = null);

public interface IServerInspector : IReadPort
{
    Task<IReadOnlyList<ServerView>> InspectAsync(CancellationToken cancellationToken);
}

internal sealed class GetServersHandler(IServerInspector servers) : IQueryHandler<GetServers, IReadOnlyList<ServerView>>
{
    public async ValueTask<IReadOnlyList<ServerView>> Handle(GetServers query, CancellationToken cancellationToken) =>
        await servers.InspectAsync(cancellationToken);
}
