namespace Architecture.Tests;

public sealed class DatabaseTests
{
    private static readonly string[] Packages = ["Microsoft.EntityFrameworkCore", "Npgsql", "Aspire.Npgsql"];

    /// <summary>By assembly, not by namespace: packages put their extension methods into Microsoft's namespaces.</summary>
    [Fact]
    public void EF_Core_and_Npgsql_stay_in_Infrastructure_and_Platform() => Rule.Forbids(
        Solution.TypesOf(Solution.Domain, Solution.Application, Solution.Api),
        "Only Infrastructure and Platform talk to the database, and only Api's DataSources opens connections for them.",
        (type, dependency) => !Solution.IsDataSources(type)
            && Packages.Any(package =>
                $"{Dependencies.AssemblyOf(dependency)}.".StartsWith($"{package}.", StringComparison.Ordinal)));
}
