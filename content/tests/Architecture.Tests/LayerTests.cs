using Mono.Cecil;

namespace Acme.Service.Architecture.Tests;

public sealed class LayerTests
{
    private static readonly string BaseLibrary = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    [Fact]
    public void Domain_depends_on_nothing_but_the_base_library_and_ErrorOr() => Rule.Forbids(
        Solution.TypesOf(Solution.Domain),
        "The domain is plain C#, so that it can be tested and read alone.",
        (_, dependency) => Dependencies.AssemblyOf(dependency) is var assembly
            && assembly != "ErrorOr"
            && Solution.ProjectOf(assembly) != Solution.Domain
            && !File.Exists(Path.Combine(BaseLibrary, $"{assembly}.dll")));

    [Fact]
    public void Application_depends_on_no_layer_but_Domain() => Rule.Forbids(
        Solution.TypesOf(Solution.Application),
        "Use cases know the domain and their own ports.",
        (_, dependency) => IsOursAndNot(dependency, Solution.Application, Solution.Domain));

    [Fact]
    public void Infrastructure_depends_on_no_layer_but_Application_and_Domain() => Rule.Forbids(
        Solution.TypesOf(Solution.Infrastructure),
        "Adapters know the ports they implement, not who hosts them.",
        (_, dependency) => IsOursAndNot(dependency, Solution.Infrastructure, Solution.Application, Solution.Domain));

    [Fact]
    public void Api_depends_on_no_host() => Rule.Forbids(
        Solution.TypesOf(Solution.Api),
        "The API is configured from outside, so that it runs the same under every host.",
        (_, dependency) => IsOursAndNot(
            dependency, Solution.Api, Solution.Infrastructure, Solution.Application, Solution.Domain, Solution.ServiceDefaults));

    private static bool IsOursAndNot(TypeReference type, params string[] allowed) =>
        Solution.ProjectOf(Dependencies.AssemblyOf(type)) is { } project && !allowed.Contains(project);
}
