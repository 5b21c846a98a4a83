using System.Net;
using System.Net.Http.Json;

namespace Colonnade.Dev.Demo;

/// <summary>One of the servers, as it tells of itself.</summary>
internal sealed record Server(
    string Name, string? Role, string? Address, int? Port, string? Database, string? User, string? Tls, string? Version, double? Lag, string? Error)
{
    public bool IsPostgres => Version?.StartsWith("PostgreSQL", StringComparison.Ordinal) == true;

    public override string ToString() => Error is not null
        ? $"{Name,-18} does not answer: {Error}"
        : $"{Name,-18} {Role,-8} {Address}:{Port}  {Version}  as {User}  {Tls ?? "no TLS"}{(Lag is null ? "" : $"  lag {Lag} s")}";
}

/// <summary>Who answers: every server tells its own role, address, TLS version and lag.</summary>
internal static class ServersPart
{
    public static async Task RunAsync(Walk walk)
    {
        walk.Title("The servers, as each tells of itself (GET /topology)");
        var servers = await AskAsync(walk.Http, walk.Cancelled);
        foreach (var server in servers)
        {
            walk.Say($"{server}");
        }

        var state = walk.Service.State;
        Walk.Check(servers.All(server => server.Error is null), "A server does not answer.");
        Walk.Check(
            servers.Where(server => server.IsPostgres).All(server => server.Tls?.StartsWith("TLS", StringComparison.Ordinal) == true),
            "A PostgreSQL connection is without TLS.");
        ExpectPort(servers.Where(server => server.IsPostgres && server.Role == "primary"), "primary", state.Primary.Port);
        ExpectPort(servers.Where(server => server.IsPostgres && server.Role == "replica"), "replica", state.Replica.Port);
        ExpectPort(servers.Where(server => server.Name == "redis"), "Redis", state.Redis.Port);
    }

    public static async Task<IReadOnlyList<Server>> AskAsync(HttpClient api, CancellationToken cancellationToken) =>
        await api.GetFromJsonAsync<Server[]>(new Uri("/topology", UriKind.Relative), cancellationToken) ?? [];

    /// <summary>A server in a container tells the port that it has there, which is not the host's.</summary>
    private static void ExpectPort(IEnumerable<Server> servers, string role, int port) => Walk.Check(
        servers.Any() && servers.Select(server => (server.Address, server.Port)).Distinct().Count() == 1
        && servers.All(server => server.Port == port || !IPAddress.IsLoopback(IPAddress.Parse(server.Address!))),
        $"Not every {role} connection ended at port {port}.");
}
