namespace Platform.Databases;

internal static class EntityConfigurations
{
    /// <summary>Those that implement <typeparamref name="TMarker"/>.</summary>
    public static void ApplyConfigurations<TMarker>(this ModelBuilder model)
    {
        // EF Core warns of an assembly that has none.
        foreach (var assembly in Scanned.Classes<TMarker>().Select(type => type.Assembly).Distinct())
        {
            model.ApplyConfigurationsFromAssembly(assembly, type => type.IsAssignableTo(typeof(TMarker)));
        }
    }
}
