using System.Security.Cryptography;
using System.Text;

namespace LocalHost;

/// <summary>
/// Which build of the Migrator has ended well on these servers. The same one would find nothing to do, and takes longer to
/// say so than the servers take to start. It is a comment on each database, so it comes and goes with the data.
/// </summary>
internal static class MigratorBuild
{
    /// <summary>
    /// Hash of the names, sizes and times of the Migrator's files: building changes it where it changes anything.
    /// </summary>
    public static string Current()
    {
        var files = new DirectoryInfo(Path.GetDirectoryName(SolutionPaths.Assembly("Migrator"))!)
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .OrderBy(file => file.FullName, StringComparer.Ordinal)
            .Select(file => $"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', files))));
    }

    public static async Task<bool> HasRunAsync(LocalTopology topology, string build, CancellationToken ct) =>
        await topology.AskPrimaryAsync(
            $"SELECT count(*) FROM pg_database WHERE shobj_description(oid, 'pg_database') = '{build}'", ct) is long count
        && count == ResourceNames.Databases.Count;

    public static Task RememberAsync(LocalTopology topology, string build, CancellationToken ct) =>
        topology.AskPrimaryAsync(
            string.Join(';', ResourceNames.Databases.Select(database => $"COMMENT ON DATABASE {database} IS '{build}'")), ct);
}
