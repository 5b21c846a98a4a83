namespace Acme.Service.Infrastructure.ReadReplicas;

/// <summary>Where one read goes. To be disposed when it has ended.</summary>
/// <param name="Source">Name of the data source.</param>
/// <param name="Seen">What that server was known to have replayed before the read began; null for a primary.</param>
internal sealed record ReadRoute(string Source, WalPosition? Seen) : IDisposable
{
    public void Dispose()
    {
    }
}
