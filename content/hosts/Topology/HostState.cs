using System.Text.Json;

namespace Topology;

/// <summary>Where a server listens.</summary>
public sealed record ServerAddress(string Host, int Port)
{
    public override string ToString() => $"{Host}:{Port}";
}

/// <summary>Where everything listens, for scripts and tests: state.json in the data directory while it runs.</summary>
/// <param name="Api">Null with --servers-only.</param>
/// <param name="Seconds">How long the start took.</param>
public sealed record HostState(string? Api, ServerAddress Primary, ServerAddress Replica, ServerAddress Redis, double Seconds)
{
    private static readonly JsonSerializerOptions s_json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static string FileIn(string dataDirectory) => Path.Combine(dataDirectory, "state.json");

    public void Write(string dataDirectory) => PrivateFiles.Write(FileIn(dataDirectory), JsonSerializer.Serialize(this, s_json));
}
