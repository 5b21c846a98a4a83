namespace Topology;

/// <summary>Login roles. Services use these, never the superuser; roles.sql creates them.</summary>
public static class DatabaseRoles
{
    public const string Superuser = "postgres";

    /// <summary>Owns schemas and tables; used by the Migrator alone.</summary>
    public const string Owner = "owner";

    public const string ReadWrite = "app_rw";
    public const string ReadOnly = "app_ro";

    /// <summary>Background work: sagas and relays.</summary>
    public const string Worker = "worker";

    /// <summary>Streaming replication, nothing else.</summary>
    public const string Replicator = "replicator";

    /// <summary>Every role but the superuser, each with a password of its own.</summary>
    public static IReadOnlyList<string> All { get; } = [Owner, ReadWrite, ReadOnly, Worker, Replicator];

    /// <summary>Environment variable in which the scripts expect the password of <paramref name="role"/>.</summary>
    public static string PasswordVariable(string role) =>
        role == Superuser ? "POSTGRES_PASSWORD" : $"{role.ToUpperInvariant()}_PASSWORD";
}
