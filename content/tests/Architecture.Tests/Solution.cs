using System.Reflection;
using Application;
using NetArchTest.Rules;

namespace Architecture.Tests;

/// <summary>The solution's own assemblies, and what a name in them says.</summary>
internal static class Solution
{
    public const string Domain = "Domain";
    public const string Application = "Application";
    public const string Infrastructure = "Infrastructure";
    public const string Platform = "Platform";
    public const string Api = "Api";
    public const string Migrator = "Migrator";
    public const string ServiceDefaults = "ServiceDefaults";

    public static readonly string[] Layers = [Domain, Application, Platform, Infrastructure, Api];

    private static readonly string AssemblyPrefix =
        typeof(ApplicationServices).Assembly.GetName().Name![..^Application.Length];

    /// <summary>Outermost types of these projects. What is nested in a type counts as part of it.</summary>
    public static PredicateList TypesOf(params string[] projects) =>
        Types.InAssemblies(projects.Select(Load)).That().AreNotNested();

    /// <summary>Types of these projects, nested ones as well, that meet a condition.</summary>
    public static PredicateList TypesWhere(Func<TypeDefinition, bool> condition, params string[] projects) =>
        Types.InAssemblies(projects.Select(Load)).That().MeetCustomRule(new Where(condition));

    /// <summary>Outermost types in the layers' namespaces, for rules about more than one type at a time.</summary>
    public static IEnumerable<TypeDefinition> DefinitionsOf(params string[] layers) =>
        layers.SelectMany(layer => ModuleOf(layer).Types)
            .Where(type => PlaceOf(type) is not null);

    public static ModuleDefinition ModuleOf(string project) => ModuleDefinition.ReadModule(Load(project).Location);

    /// <summary>The project that an assembly is built from; null when it is not ours.</summary>
    public static string? ProjectOf(string assembly) =>
        assembly.StartsWith(AssemblyPrefix, StringComparison.Ordinal) ? assembly[AssemblyPrefix.Length..] : null;

    /// <summary>
    /// The layer that a type's namespace names, and the folder right below it, such as <c>Wallets</c>, or an empty text in
    /// the layer's root. Null for a namespace of no layer, as generated code has.
    /// </summary>
    public static (string Layer, string Folder)? PlaceOf(TypeReference type)
    {
        var names = type.Namespace.Split('.');
        return Layers.Contains(names[0])
            ? (names[0], names.ElementAtOrDefault(1) ?? "")
            : null;
    }

    public static bool IsDataSources(TypeReference type) => PlaceOf(type) is (Api, "") && type.Name == "DataSourceRegistration";

    private static Assembly Load(string project) => Assembly.Load($"{AssemblyPrefix}{project}");
}

internal sealed class Where(Func<TypeDefinition, bool> condition) : ICustomRule
{
    public bool MeetsRule(TypeDefinition type) => condition(type);
}
