namespace Topology;

public static class PostgresConnectionString
{
    /// <summary>
    /// A connection string that verifies the server: its certificate must come from the authority in
    /// <paramref name="caFile"/> and carry <paramref name="host"/>.
    /// </summary>
    /// <param name="host">DNS name or address, as in the server's certificate.</param>
    /// <param name="port">TCP port, as text so that a host can pass a placeholder it resolves later.</param>
    /// <param name="database">Database name.</param>
    /// <param name="role">One of <see cref="DatabaseRoles"/>.</param>
    /// <param name="password">The role's password; letters and digits, so nothing needs quoting.</param>
    /// <param name="caFile">Path of the certificate authority's PEM file, as the connecting process sees it.</param>
    public static string Create(string host, string port, string database, string role, string password, string caFile) =>
        $"Host={host};Port={port};{Rest(database, role, password, caFile)}";

    /// <summary>
    /// The same for whichever of several servers is the primary, so that clients find it again after a promotion.
    /// </summary>
    /// <param name="servers">Each as host:port; the one that is the primary now comes first.</param>
    /// <inheritdoc cref="Create(string, string, string, string, string, string)"/>
    public static string Create(IEnumerable<string> servers, string database, string role, string password, string caFile) =>
        $"Host={string.Join(',', servers)};{Rest(database, role, password, caFile)}";

    private static string Rest(string database, string role, string password, string caFile) =>
        $"Database={database};Username={role};Password={password};{Verified(caFile)}";

    /// <summary>The part of it that has the server verified. A path may have quotes in it.</summary>
    public static string Verified(string caFile) =>
        $"SSL Mode=VerifyFull;Root Certificate=\"{caFile.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
