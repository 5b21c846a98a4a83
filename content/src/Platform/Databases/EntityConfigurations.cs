using Microsoft.EntityFrameworkCore;
using Platform.Common;

namespace Platform.Databases;

internal static class EntityConfigurations
{
    /// <summary>Those that implement <typeparamref name="TMarker"/>.</summary>
    public static void ApplyConfigurations<TMarker>(this ModelBuilder model)
    {
        foreach (var assembly in Scanned.Assemblies)
        {
            model.ApplyConfigurationsFromAssembly(assembly, type => type.IsAssignableTo(typeof(TMarker)));
        }
    }
}
