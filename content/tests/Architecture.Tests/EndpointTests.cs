namespace Architecture.Tests;

public sealed class EndpointTests
{
    [Fact]
    public void Only_the_composition_root_reaches_Infrastructure_and_Platform() => Rule.Forbids(
        Solution.TypesOf(Solution.Api),
        "Endpoints send commands and queries; Program and DataSources put the parts together.",
        (type, dependency) => type is not { Namespace: "", Name: "Program" }
            && !Solution.IsDataSources(type)
            && Solution.ProjectOf(Dependencies.AssemblyOf(dependency)) is Solution.Infrastructure or Solution.Platform);
}
