using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Platform.Databases;

/// <summary>
/// Pooled contexts, one pool per data source. One pool for all with <c>SetDbConnection</c> would hand the connection
/// of one server to the next user of the context.
/// </summary>
internal sealed class ContextPool<TContext>(
    DataSources sources, IEnumerable<IInterceptor> interceptors, ILoggerFactory loggers)
    where TContext : UserScopedContext
{
    private readonly ConcurrentDictionary<NpgsqlDataSource, PooledDbContextFactory<TContext>> _pools = new();

    /// <param name="database">Name of a connection string.</param>
    public TContext Rent(string database)
    {
        var context = _pools.GetOrAdd(sources.For(database), Create).CreateDbContext();
        // Who had it before must not be who the next one works for.
        context.Pipeline = null;
        context.Guard = null;
        context.Committed = null;
        // A statement that is saved alone needs a transaction too: only a COMMIT has a position to be captured.
        context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        // A savepoint around each SaveChanges would be two round trips, and whoever fails here rolls back everything.
        context.Database.AutoSavepointsEnabled = false;
        return context;
    }

    private PooledDbContextFactory<TContext> Create(NpgsqlDataSource source) => new(
        new DbContextOptionsBuilder<TContext>()
            .UseNpgsql(source)
            .UseSnakeCaseNamingConvention()
            .UseLoggerFactory(loggers)
            // The caller gets it as an exception, and may go on with another server.
            .ConfigureWarnings(warnings => warnings.Log(
                (RelationalEventId.CommandError, LogLevel.Information),
                (RelationalEventId.TransactionError, LogLevel.Information)))
            .AddInterceptors([UserScopeInterceptor.Instance, .. interceptors])
            .Options);
}
