using System.Security.Cryptography;
using Migrator.Migrations;

namespace Fixtures;

/// <summary>
/// Data of a primary with migrated databases and of its replica. It is made once for each build of the migrations and kept
/// below <c>.local</c>, since a copy of it starts sooner than a new cluster is made.
/// </summary>
internal static class PreparedData
{
    private static readonly Lazy<Task<string>> Location = new(FindOrMakeAsync);

    public static async Task CopyToAsync(string directory, CancellationToken cancellationToken) =>
        await RunAsync("cp", "-a", $"{await Location.Value.WaitAsync(cancellationToken)}/.", directory);

    private static async Task<string> FindOrMakeAsync()
    {
        var all = Path.Combine(SolutionPaths.Solution, ".local", "tests");
        var location = Path.Combine(all, Version());
        if (Directory.Exists(location))
        {
            return location;
        }

        var made = RunDirectory.New("prepared");
        await MakeAsync(made);

        // Renamed when it is complete. A run of another test project may be first.
        Directory.CreateDirectory(all);
        var unfinished = Path.Combine(all, Path.GetRandomFileName());
        await RunAsync("cp", "-a", made, unfinished);
        try
        {
            Directory.Move(unfinished, location);
        }
        catch (IOException) when (Directory.Exists(location))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        // Each is some 150 MB. One of the last hour may be in use by another run.
        var anHourAgo = DateTime.UtcNow.AddHours(-1);
        foreach (var old in Directory.GetDirectories(all).OrderByDescending(Directory.GetCreationTimeUtc).Skip(2)
            .Where(old => Directory.GetCreationTimeUtc(old) < anHourAgo))
        {
            Directory.Delete(old, recursive: true);
        }

        return location;
    }

    private static async Task MakeAsync(string directory)
    {
        var servers = await StartedServers.StartOnAsync(
            directory, synchronousReplica: false, TestContext.Current.CancellationToken);
        try
        {
            Assert.True(
                servers.Topology.PrimaryDataDirectory.StartsWith(directory, StringComparison.Ordinal),
                $"The user postgres cannot reach {directory}. Set TMPDIR to a directory that it can reach.");
            await Servers.MigrateAsync(servers);
        }
        finally
        {
            await servers.Topology.DisposeAsync();
        }
    }

    /// <summary>Changes with the migrations, the scripts that make the servers and PostgreSQL's programs.</summary>
    private static string Version()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var assembly in Scanned.Assemblies.Append(typeof(MigrationRun).Assembly))
        {
            hash.AppendData(assembly.ManifestModule.ModuleVersionId.ToByteArray());
        }

        foreach (
            var script in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "postgres")).Order(StringComparer.Ordinal))
        {
            hash.AppendData(File.ReadAllBytes(script));
        }

        var program = new FileInfo(Path.Combine(ServerPrograms.Find().Postgres, "postgres"));
        hash.AppendData(Encoding.UTF8.GetBytes($"{program.FullName} {program.Length} {program.LastWriteTimeUtc.Ticks}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }
}
