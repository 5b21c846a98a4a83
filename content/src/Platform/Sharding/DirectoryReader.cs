using Platform.Common;
using Platform.Databases;
using Platform.ReadReplicas;

namespace Platform.Sharding;

/// <summary>Runs queries on the directory, on the server that <see cref="ReadRouting"/> chooses.</summary>
public sealed class DirectoryReader
{
    private readonly ContextPool<DirectoryContext> _pool;
    private readonly ReadRouting _routing;

    internal DirectoryReader(ContextPool<DirectoryContext> pool, ReadRouting routing) => (_pool, _routing) = (pool, routing);

    /// <param name="read">
    /// Runs again when a replica does not answer. Its second argument is what the replica had replayed before it was asked; null
    /// when it is the primary.
    /// </param>
    /// <param name="onPrimary">Why only the primary will do, for the metrics; null when a replica will do.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<T> ReadAsync<T>(
        Func<DirectoryContext, WalPosition?, Task<T>> read, string? onPrimary, CancellationToken cancellationToken) =>
        _routing.ReadAsync(
            DatabaseNames.Directory,
            async route =>
            {
                await using var context = _pool.Rent(route.Source);
                context.Guard = ReadGuard.OfDirectory(route);
                return await read(context, route.Seen);
            },
            onPrimary,
            cancellationToken);
}
