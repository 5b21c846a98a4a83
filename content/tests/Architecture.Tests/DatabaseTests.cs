namespace Acme.Service.Architecture.Tests;

public sealed class DatabaseTests
{
    /// <summary>
    /// By assembly and not by namespace: packages put their extension methods into Microsoft's namespaces. Telemetry is
    /// no way to a database.
    /// </summary>
    [Fact]
    public void EF_Core_and_Npgsql_stay_in_Infrastructure() => Rule.Forbids(
        Solution.TypesOf(
            Solution.Domain, Solution.Application, Solution.Api, Solution.Migrator, Solution.ServiceDefaults),
        "Only Infrastructure talks to the database, and only Api's DataSources opens connections for it.",
        (type, dependency) => !Solution.IsDataSources(type)
            && Dependencies.AssemblyOf(dependency) is not "Npgsql.OpenTelemetry" and var assembly
            && new[] { "Microsoft.EntityFrameworkCore", "Npgsql", "Aspire.Npgsql" }
                .Any(package => $"{assembly}.".StartsWith($"{package}.", StringComparison.Ordinal)));
}
