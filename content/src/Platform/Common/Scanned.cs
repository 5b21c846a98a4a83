using System.Reflection;

namespace Platform.Common;

/// <summary>
/// The assemblies that are scanned for migrations, entity configurations, retention rules and adapters of ports: Platform's
/// own, and that of the features.
/// </summary>
public static class Scanned
{
    private const string Features = "Infrastructure";

    private static readonly Assembly Own = typeof(Scanned).Assembly;

    public static IReadOnlyList<Assembly> Assemblies { get; } =
        [Own, Assembly.Load($"{Own.GetName().Name![..^nameof(Platform).Length]}{Features}")];

    /// <summary>Classes that can be instantiated and are, extend or implement <typeparamref name="T"/>.</summary>
    public static IEnumerable<Type> Classes<T>() =>
        from assembly in Assemblies
        from type in assembly.GetTypes()
        where type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(T))
        select type;
}
