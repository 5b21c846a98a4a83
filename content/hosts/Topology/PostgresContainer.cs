namespace Topology;

/// <summary>A directory of this machine that a container sees.</summary>
public sealed record ContainerMount(string Source, string Target);

/// <summary>
/// How the topology scripts run inside the official postgres image: image, mounts, environment, entrypoint and
/// arguments. AppHost builds its model from this and the container test starts containers from it, so what is tested
/// is what runs.
/// </summary>
public static class PostgresContainer
{
    public const string Registry = "docker.io";
    public const string Image = "library/postgres";
    public const string Tag = "18.3";

    /// <summary>The version in <see cref="Tag"/>.</summary>
    public const int MajorVersion = 18;

    public const int Port = 5432;
    public const string Entrypoint = "/bin/bash";

    private const string FilesTarget = "/topology";
    private const string CertificatesTarget = "/certificates";

    public static IReadOnlyList<string> PrimaryArguments { get; } = [$"{FilesTarget}/primary.sh"];

    public static IReadOnlyList<string> ReplicaArguments { get; } = [$"{FilesTarget}/replica.sh"];

    /// <summary>Scripts and certificates. Read-only, since the scripts copy what they must own.</summary>
    public static IReadOnlyList<ContainerMount> Mounts(string filesDirectory, string certificatesDirectory) =>
        [new(filesDirectory, FilesTarget), new(certificatesDirectory, CertificatesTarget)];

    /// <summary>Where a data volume goes: since 18 the image keeps every major version below one directory.</summary>
    public static string VolumeTarget(int majorVersion) =>
        majorVersion >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data";

    /// <summary>
    /// PGDATA. Below 18 a folder inside the volume, since the scripts put a finished data directory in place by
    /// renaming it, and a mount point cannot be renamed.
    /// </summary>
    public static string DataDirectory(int majorVersion) =>
        majorVersion >= 18 ? $"/var/lib/postgresql/{majorVersion}/docker" : "/var/lib/postgresql/data/pgdata";

    /// <summary>Environment of the primary's script. <paramref name="password"/> gives the value for a role.</summary>
    /// <typeparam name="T">What the host passes as a value: text, or a parameter it resolves later.</typeparam>
    public static IEnumerable<KeyValuePair<string, T>> PrimaryEnvironment<T>(
        int majorVersion, Func<string, T> text, Func<string, T> password, bool synchronousReplica = false) =>
        new PostgresScripts<T>(text, password).Primary(DataDirectory(majorVersion), CertificatesTarget, synchronousReplica);

    /// <summary>Environment of the replica's script, which needs the primary's address and the replication password.</summary>
    public static IEnumerable<KeyValuePair<string, T>> ReplicaEnvironment<T>(
        int majorVersion, T primaryHost, T primaryPort, Func<string, T> text, Func<string, T> password) =>
        new PostgresScripts<T>(text, password).Replica(DataDirectory(majorVersion), CertificatesTarget, primaryHost, primaryPort);
}
