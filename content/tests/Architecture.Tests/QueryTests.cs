namespace Architecture.Tests;

public sealed class QueryTests
{
    private static readonly Dictionary<string, TypeDefinition> Types =
        Solution.DefinitionsOf(Solution.Application, Solution.Platform, Solution.Infrastructure)
            .ToDictionary(type => type.FullName);

    /// <summary>
    /// Follows everything a handler depends on, and an interface on to what implements it. So it also finds a write port
    /// behind a helper, a command sent in passing, and a read adapter that writes.
    /// </summary>
    [Fact]
    public void Query_handlers_reach_no_write_port() => Rule.Holds(
        Solution.TypesWhere(Messages.IsQueryHandler, Solution.Layers),
        "Queries are answered by a replica, so they must not be able to write.",
        type => Graph.ShortestPath(type.FullName, Next, IsWritePort) is { } path
            ? [$"{type.FullName} reaches {path[^1]}: {string.Join(" → ", path.Select(ShortName))}."]
            : []);

    private static bool IsWritePort(string name) =>
        name is "Mediator.ISender" or "Mediator.IMediator" or "Mediator.IPublisher" or "Mediator.Mediator"
        || (Types.TryGetValue(name, out var type) && BasesOf(type).Append(type).Any(part => IsMarker(part, "IWritePort")));

    /// <summary>Every read adapter implements the marker of read ports, so following it would lead to all of them.</summary>
    private static IEnumerable<string> Next(string name) =>
        Types.TryGetValue(name, out var type) && !IsMarker(type, "IReadPort")
            ? Dependencies.Of(type).Select(dependency => dependency.FullName).Concat(ImplementationsOf(name))
            : [];

    private static IEnumerable<string> ImplementationsOf(string name) =>
        from type in Types.Values
        where BasesOf(type).Any(part => part.GetElementType().FullName == name)
        select type.FullName;

    private static IEnumerable<TypeReference> BasesOf(TypeDefinition type) =>
        type.BaseType is { } parent ? Messages.InterfacesOf(type).Append(parent) : Messages.InterfacesOf(type);

    private static bool IsMarker(TypeReference type, string name) =>
        type.Name == name && Solution.PlaceOf(type) is (Solution.Application, "Common");

    private static string ShortName(string name) => name[(name.LastIndexOf('.') + 1)..];
}
