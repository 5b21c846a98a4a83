namespace Platform.Sharding;

/// <summary>Runs queries on the directory, on the server that <see cref="ReadRouting"/> chooses.</summary>
public sealed class DirectoryReader
{
    private readonly ContextPool<DirectoryContext> _pool;
    private readonly ReadRouting _routing;

    internal DirectoryReader(ContextPool<DirectoryContext> pool, ReadRouting routing) => (_pool, _routing) = (pool, routing);

    /// <param name="read">Runs again when a replica does not answer.</param>
    /// <param name="onPrimary">
    /// Why only the primary will do, for the metrics; null when a replica will do; empty for a command.
    /// </param>
    /// <returns>What it has read, and what the replica had replayed before; null for the primary.</returns>
    public Task<(T Row, WalPosition? Seen)> ReadAsync<T>(
        Func<DirectoryContext, Task<T>> read, string? onPrimary, CancellationToken cancellationToken) =>
        _routing.ReadAsync(
            DatabaseNames.Directory,
            async route =>
            {
                await using var context = _pool.Rent(route.Source);
                context.Guard = ReadGuard.OfDirectory(route);
                var row = await read(context);
                // The guard has set it.
                return (row, route.Seen);
            },
            onPrimary,
            cancellationToken);
}
