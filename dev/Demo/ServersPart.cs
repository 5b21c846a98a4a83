using System.Text.Json;

namespace Colonnade.Dev.Demo;

/// <summary>Who answers: every server tells its own role, address, TLS version and lag.</summary>
internal static class ServersPart
{
    public static async Task RunAsync(Walk walk)
    {
        walk.Title("The servers, as each tells of itself (GET /topology)");
        var servers = (await walk.GetAsync("/topology", user: null)).Body.EnumerateArray().ToList();
        foreach (var server in servers)
        {
            Walk.Check(Text(server, "error").Length == 0, $"{Text(server, "name")} does not answer: {Text(server, "error")}");
            var lag = Text(server, "lag");
            walk.Say(
                $"  {Text(server, "name"),-18} {Text(server, "role"),-8} {Text(server, "address")}:{Text(server, "port")}  "
                + $"{Text(server, "version")}  as {Text(server, "user")}  {Text(server, "tls")}{(lag.Length == 0 ? "" : $"  lag {lag} s")}");
        }

        var postgres = servers.Where(server => Text(server, "version").StartsWith("PostgreSQL", StringComparison.Ordinal)).ToList();
        Walk.Check(postgres.All(server => Text(server, "tls").StartsWith("TLS", StringComparison.Ordinal)), "A PostgreSQL connection is without TLS.");
        ExpectPort(postgres, "primary", walk.Service.State.Primary);
        ExpectPort(postgres, "replica", walk.Service.State.Replica);

        var redis = servers.SingleOrDefault(server => Text(server, "version").StartsWith("Redis", StringComparison.Ordinal));
        Walk.Check(
            redis.ValueKind == JsonValueKind.Object && Text(redis, "port") == $"{walk.Service.State.Redis.Port}",
            "Redis did not answer from the port it was started on.");
    }

    private static void ExpectPort(List<JsonElement> servers, string role, Endpoint expected) => Walk.Check(
        servers.Any(server => Text(server, "role") == role)
        && servers.Where(server => Text(server, "role") == role).All(server => Text(server, "port") == $"{expected.Port}"),
        $"Not every {role} connection ended at port {expected.Port}.");

    private static string Text(JsonElement server, string property) =>
        server.TryGetProperty(property, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : "";
}
