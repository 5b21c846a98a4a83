namespace Architecture.Tests;

/// <summary>
/// A feature is a folder, the same in every layer: Domain/Wallets and Api/Wallets are one. Platform's folders are not features;
/// features build on them.
/// </summary>
public sealed class FolderTests
{
    /// <summary>A folder that Domain has as well is a feature's, also one that somebody adds to Platform.</summary>
    private static readonly string[] PlatformFolders =
        ["Common", "Servers", .. FoldersOf(Solution.Platform).Except(FoldersOf(Solution.Domain))];

    [Fact]
    public void Platform_folders_do_not_depend_on_features()
    {
        Rule.Forbids(
            Solution.TypesWhere(
                type => !type.IsNested && Solution.PlaceOf(type) is { } place
                    && (place.Layer == Solution.Platform || PlatformFolders.Contains(place.Folder)),
                Solution.Layers),
            "The platform stays when a feature's folder is deleted.",
            (_, dependency) => IsIn(dependency, folder => folder != "" && !PlatformFolders.Contains(folder)));
    }

    [Fact]
    public void Folders_do_not_depend_on_each_other_in_a_circle()
    {
        var uses = (
            from type in Solution.DefinitionsOf(Solution.Layers)
            let folder = NodeOf(type)!
            from dependency in Dependencies.Of(type)
            let used = NodeOf(dependency)
            where used is not null && used != folder
            group $"{type.FullName} depends on {dependency.FullName}" by (From: folder, To: used)).ToArray();
        Assert.NotEmpty(uses);

        var next = uses.ToLookup(use => use.Key.From, use => use.Key.To);
        var circles =
            from folder in next.Select(uses => uses.Key).Order(StringComparer.Ordinal)
            let circle = Graph.ShortestPath(folder, node => next[node], node => node == folder)
            where circle is not null
            // A circle is found from each of its folders; the first of them tells of it.
            where circle.Min(StringComparer.Ordinal) == folder
            select $"{string.Join(" → ", circle)}: {string.Join("; ", circle.Zip(circle.Skip(1), ExampleOf))}.";
        var found = circles.ToArray();
        Assert.True(
            found.Length == 0, $"Folders in a circle can only be understood and removed together.\n{string.Join('\n', found)}");

        string ExampleOf(string folder, string used) => uses.Single(use => use.Key == (folder, used)).First();
    }

    private static IEnumerable<string> FoldersOf(string layer) =>
        Solution.DefinitionsOf(layer).Select(type => Solution.PlaceOf(type)!.Value.Folder)
            .Where(folder => folder != "").Distinct();

    private static bool IsIn(TypeReference type, Func<string, bool> folder) =>
        Solution.PlaceOf(type) is { } place && folder(place.Folder);

    /// <summary>A feature by its name, and a platform folder or a layer's root by the layer it is in.</summary>
    private static string? NodeOf(TypeReference type) => Solution.PlaceOf(type) switch
    {
        null => null,
        (var layer, "") => layer,
        var (layer, folder) => PlatformFolders.Contains(folder) ? $"{layer}/{folder}" : folder,
    };
}
