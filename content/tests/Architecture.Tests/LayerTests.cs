using System.CodeDom.Compiler;
using System.Runtime.CompilerServices;

namespace Architecture.Tests;

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
    public void Platform_depends_on_no_layer_but_Application_and_Domain() => Rule.Forbids(
        Solution.TypesOf(Solution.Platform),
        "The patterns know no adapter of a feature and no host.",
        (_, dependency) => IsOursAndNot(dependency, Solution.Platform, Solution.Application, Solution.Domain));

    /// <summary>It has adapters of features only, so without a feature there is none.</summary>
    [Fact]
    public void Infrastructure_depends_on_no_layer_but_Application_Domain_and_Platform() => Rule.Forbids(
        Solution.TypesOf(Solution.Infrastructure),
        "Adapters know the ports they implement and the patterns they use, not who hosts them.",
        (_, dependency) => IsOursAndNot(
            dependency, Solution.Infrastructure, Solution.Application, Solution.Domain, Solution.Platform),
        mayBeNone: true);

    [Fact]
    public void Api_depends_on_no_host() => Rule.Forbids(
        Solution.TypesOf(Solution.Api),
        "The API is configured from outside, so that it runs the same under every host.",
        (_, dependency) => IsOursAndNot(
            dependency,
            Solution.Api,
            Solution.Platform,
            Solution.Infrastructure,
            Solution.Application,
            Solution.Domain,
            Solution.ServiceDefaults));

    /// <summary>
    /// The other rules tell folders by namespace, and NetArchTest passes over namespaces that begin with System or
    /// Microsoft. A type that is declared there would be out of sight.
    /// </summary>
    [Fact]
    public void Types_are_in_the_namespace_of_their_layer()
    {
        var written = Solution.Layers.SelectMany(layer =>
            from type in Solution.ModuleOf(layer).Types
            where !IsGenerated(type) && type is not { Namespace: "", Name: "Program" }
            select (Layer: layer, Type: type)).ToArray();
        Assert.NotEmpty(written);

        var elsewhere = written.Where(found => Solution.PlaceOf(found.Type)?.Layer != found.Layer)
            .Select(found => $"{found.Type.FullName} is in {found.Layer}.").ToArray();
        Assert.True(
            elsewhere.Length == 0, $"A type out of place is out of the other rules' sight.\n{string.Join('\n', elsewhere)}");
    }

    private static bool IsGenerated(TypeDefinition type) =>
        type.Name.StartsWith('<')
        || type.Namespace == "Mediator.Internals"
        || type.CustomAttributes.Any(attribute => attribute.AttributeType.Name
            is nameof(GeneratedCodeAttribute) or nameof(CompilerGeneratedAttribute));

    private static bool IsOursAndNot(TypeReference type, params string[] allowed) =>
        Solution.ProjectOf(Dependencies.AssemblyOf(type)) is { } project && !allowed.Contains(project);
}
