using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Acme.Service.Infrastructure.Persistence;

/// <summary>
/// Pooled contexts, one pool per data source. One pool for all with <c>SetDbConnection</c> would hand the connection
/// of one server to the next user of the context.
/// </summary>
internal sealed class ContextPool<TContext>(IServiceProvider services, ILoggerFactory loggers)
    where TContext : DbContext
{
    private readonly ConcurrentDictionary<string, PooledDbContextFactory<TContext>> _pools = new();

    /// <param name="database">Name of a connection string.</param>
    public TContext Rent(string database) => _pools.GetOrAdd(database, Create).CreateDbContext();

    private PooledDbContextFactory<TContext> Create(string database) => new(
        new DbContextOptionsBuilder<TContext>()
            .UseNpgsql(services.GetRequiredKeyedService<NpgsqlDataSource>(database))
            .UseLoggerFactory(loggers)
            .Options);
}
