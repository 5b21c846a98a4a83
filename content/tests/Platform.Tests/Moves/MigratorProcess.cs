using System.Reflection;

namespace Platform.Tests.Moves;

/// <summary>The Migrator as people start it.</summary>
internal static class MigratorProcess
{
    /// <summary>Beside its own dependencies, which are others than those of the tests.</summary>
    private static readonly string s_program = Path.ChangeExtension(
        typeof(LocalTopology).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Migrator").Value!,
        null);

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<(int ExitCode, string Output)> RunAsync(TestDatabases databases, params string[] arguments) =>
        RunAsync(databases, (_, _) => Task.CompletedTask, arguments);

    /// <param name="onLine">Sees each line of the output while the process goes on.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        TestDatabases databases, Func<Process, string, Task> onLine, params string[] arguments)
    {
        var start = new ProcessStartInfo(s_program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var database in databases.Names)
        {
            start.Environment[$"ConnectionStrings__{database}"] = databases.ConnectionString(database, DatabaseRoles.Owner);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        var output = "";
        while (await process.StandardOutput.ReadLineAsync(Cancellation) is { } line)
        {
            output += $"{line}\n";
            await onLine(process, line);
        }

        await process.WaitForExitAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        return (process.ExitCode, output + await errors);
    }
}
