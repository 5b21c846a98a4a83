using Domain.Common;
using Infrastructure.Persistence;
using Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Infrastructure.Sagas;

/// <summary>How a redrive ended; the numbers are the Migrator's exit codes.</summary>
public enum RedriveOutcome
{
    Redriven = 0,
    Failed = 1,
    NotConfigured = 2,
    Unreachable = 3,
    NotDead = 5,
}

/// <summary>Sends a dead saga on from a command line, in the name of the databases' owner.</summary>
public sealed partial class RedriveRun(IConfiguration configuration, ILogger<RedriveRun> logger)
{
    public async Task<RedriveOutcome> RunAsync(Guid saga, CancellationToken cancellationToken)
    {
        try
        {
            DatabaseNames.From(configuration);
            var route = await RouteOfAsync(Uuid8.BucketOf(saga), cancellationToken);
            await using var source = configuration.PrimaryOf(route.Shard);
            await using var context = new ShardContext(new DbContextOptionsBuilder<ShardContext>().UseNpgsql(source).Options);
            var redriven = (await context.Database
                .SqlQueryRaw<bool>(SagaRedrive.Redrive, saga, route.Epoch, 0)
                .ToListAsync(cancellationToken)).Single();
            if (!redriven)
            {
                LogNotDead(saga);
                return RedriveOutcome.NotDead;
            }

            await context.Database.ExecuteSqlRawAsync($"NOTIFY {nameof(ShardSignal.Sagas)}", cancellationToken);
            LogRedriven(saga, route.Shard);
            return RedriveOutcome.Redriven;
        }
        catch (InvalidOperationException exception) when (exception.InnerException is null)
        {
            LogNotConfigured(exception.Message);
            return RedriveOutcome.NotConfigured;
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or OperationCanceledException)
        {
            LogFailed(exception, saga);
            return FenceErrors.SqlStateOf(exception) is null ? RedriveOutcome.Unreachable : RedriveOutcome.Failed;
        }
    }

    private async Task<Route> RouteOfAsync(Bucket bucket, CancellationToken cancellationToken)
    {
        await using var source = configuration.PrimaryOf(DatabaseNames.Directory);
        await using var directory = new DirectoryContext(new DbContextOptionsBuilder<DirectoryContext>().UseNpgsql(source).Options);
        return await directory.Set<BucketAssignment>().AsNoTracking().Where(a => a.Bucket == bucket)
            .Select(a => new Route(a.Shard, a.Epoch)).SingleAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Saga {Saga} on '{Shard}' goes on from where it was.")]
    private partial void LogRedriven(Guid saga, string shard);

    [LoggerMessage(LogLevel.Error, "There is no dead saga {Saga}.")]
    private partial void LogNotDead(Guid saga);

    [LoggerMessage(LogLevel.Error, "{Reason}")]
    private partial void LogNotConfigured(string reason);

    [LoggerMessage(LogLevel.Error, "Saga {Saga} could not be sent on.")]
    private partial void LogFailed(Exception exception, Guid saga);
}
