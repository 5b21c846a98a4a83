using System.Diagnostics;

namespace Platform.Sharding;

/// <summary>
/// The unit of work of one command: one context with one transaction on the primary of one shard, or of the directory.
/// Repositories join it by the user whose rows they change; from then on it works in that user's name as well. Disposed
/// without a commit, it rolls back.
/// </summary>
public sealed class ShardWriter : IUnitOfWork, IAsyncDisposable
{
    [Sql(typeof(Guid), typeof(long), typeof(int))]
    private const string ActForSql = "SELECT act_for($1, $2, $3)";

    [Sql(typeof(Guid), InDirectory = true)]
    private const string ActForInDirectorySql = "SELECT act_for($1)";

    /// <summary>How long a bucket may be on its way from one shard to another.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly ContextPool<ShardContext> _shards;
    private readonly ContextPool<DirectoryContext> _directory;
    private readonly BucketMap _buckets;
    private readonly SyncTokens _tokens;
    private readonly AnswerTrail _trail;
    private readonly DataSources _primaries;
    private readonly PrimaryTimelines _timelines;
    private readonly IEnumerable<IDomainEventWriter> _eventWriters;
    private readonly IOptions<CommitOptions> _options;
    private readonly HashSet<UserId> _users = [];
    private readonly List<Aggregate> _aggregates = [];
    private readonly List<Action> _beforeCommit = [];
    private readonly List<Func<Task>> _afterCommit = [];
    private readonly Stopwatch _age = Stopwatch.StartNew();
    private bool _isWorker;
    private bool _isCommitting;
    private string? _database;
    private string? _tokenName;
    private int _timeline;
    private long _cluster;
    private UserScopedContext? _context;

    internal ShardWriter(
        ContextPool<ShardContext> shards, ContextPool<DirectoryContext> directory, BucketMap buckets, SyncTokens tokens,
        AnswerTrail trail, DataSources primaries, PrimaryTimelines timelines, IEnumerable<IDomainEventWriter> eventWriters,
        IOptions<CommitOptions> options) =>
        (_shards, _directory, _buckets, _tokens, _trail, _primaries, _timelines, _eventWriters, _options)
        = (shards, directory, buckets, tokens, trail, primaries, timelines, eventWriters, options);

    public bool IsEmpty => _context is null;

    /// <summary>For background work: uses the role and the pool of workers, so that requests do not wait for it.</summary>
    public void UseWorkerRole() => _isWorker = true;

    /// <exception cref="InvalidOperationException">The command already works on another database.</exception>
    public async ValueTask<ShardContext> JoinAsync(UserId owner, CancellationToken cancellationToken)
    {
        var route = await _buckets.RouteOfAsync(owner.Bucket, cancellationToken);
        _tokens.RequireMap(_buckets.Version);
        var context = await OpenAsync(
            _isWorker ? DatabaseNames.WorkerOf(route.Shard) : route.Shard, route.Shard, _shards, cancellationToken);
        if (_users.Add(owner))
        {
            context.Pipeline!.Add(
                ActForSql, Pipeline.Value(owner.Value), Pipeline.Value(route.Epoch), Pipeline.Value(_timeline));
        }

        return context;
    }

    /// <inheritdoc cref="JoinAsync"/>
    public async ValueTask<DirectoryContext> JoinDirectoryAsync(UserId owner, CancellationToken cancellationToken)
    {
        var context = await OpenAsync(DatabaseNames.Directory, DatabaseNames.Directory, _directory, cancellationToken);
        if (_users.Add(owner))
        {
            context.Pipeline!.Add(ActForInDirectorySql, Pipeline.Value(owner.Value));
        }

        return context;
    }

    /// <summary>The commit stores the events that the aggregate has recorded by then.</summary>
    public void Track(Aggregate aggregate) => _aggregates.Add(aggregate);

    /// <summary>Runs right before the commit. May add statements to the pipeline.</summary>
    public void OnCommitting(Action action) => _beforeCommit.Add(action);

    /// <summary>Runs once the changes are durable, and not at all when they are not.</summary>
    public void OnCommitted(Action action) => OnCommitted(() =>
    {
        action();
        return Task.CompletedTask;
    });

    /// <summary>The same, and the answer waits for it. It must not fail, nor take long.</summary>
    public void OnCommitted(Func<Task> action) => _afterCommit.Add(action);

    public async ValueTask<bool> CanHoldAsync(UserId one, UserId other, CancellationToken cancellationToken) =>
        (await _buckets.RouteOfAsync(one.Bucket, cancellationToken)).Shard
        == (await _buckets.RouteOfAsync(other.Bucket, cancellationToken)).Shard;

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_context is null)
        {
            return;
        }

        _beforeCommit.ForEach(action => action());
        foreach (var happened in _aggregates.SelectMany(aggregate => aggregate.NewEvents))
        {
            foreach (var events in _eventWriters)
            {
                await events.WriteAsync(this, happened, cancellationToken);
            }
        }

        if (_context.ChangeTracker.HasChanges())
        {
            if (!_context.Pipeline!.IsEmpty)
            {
                // EF Core counts the results of its changes, so nothing may be in front of them.
                await _context.Pipeline.SendAsync((NpgsqlConnection)_context.Database.GetDbConnection(), cancellationToken);
            }

            await _context.SaveChangesAsync(cancellationToken);
        }

        if (_timelines.Highest(_database!) > _timeline)
        {
            // A server was promoted since act_for asked: this one may be the old primary, and what it takes would be lost.
            throw new OldTimelineException();
        }

        _isCommitting = true;
        ulong position;
        try
        {
            position = await _context.EndAsync(TimeSpan.FromSeconds(_options.Value.WaitSeconds));
            _isCommitting = false;
        }
        catch (CommitUnknownException)
        {
            _context = null; // The COMMIT goes on with it.
            throw;
        }
        catch (PostgresException exception) when (CommitCapture.SaysNotCommitted(exception))
        {
            _isCommitting = false;
            throw;
        }

        _tokens.Committed(_tokenName!, new WalPosition(_timeline, position) { Cluster = _cluster });
        _trail.Add("db", "primary");
        var actions = _afterCommit.ToArray();
        await DisposeAsync();
        foreach (var action in actions)
        {
            await action();
        }
    }

    public Task RollBackAsync() => DisposeAsync().AsTask();

    public async Task<bool> CanRetryAsync(Exception exception, int attempt, CancellationToken cancellationToken)
    {
        // A COMMIT that was sent may have been done.
        if (_isCommitting)
        {
            return false;
        }

        await DisposeAsync();
        switch (DatabaseErrors.Of(exception))
        {
            case DatabaseError.BucketMoved when _age.Elapsed < Timeout:
                await Task.Delay(Backoff.After(attempt, FirstPause, LongestPause), cancellationToken);
                await _buckets.ReloadAsync(cancellationToken);
                return true;
            case DatabaseError.OldTimeline when attempt <= 5:
                _primaries.DropConnections(_database!);
                return true;
            case DatabaseError.Conflict when attempt <= 5:
                await Task.Delay(Backoff.After(attempt, FirstPause, LongestPause), cancellationToken);
                return true;
            default:
                return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _users.Clear();
        _aggregates.Clear();
        _beforeCommit.Clear();
        _afterCommit.Clear();
        if (_context is { } context)
        {
            _context = null;
            await context.DisposeAsync();
        }
    }

    private async ValueTask<TContext> OpenAsync<TContext>(
        string database, string tokenName, ContextPool<TContext> pool, CancellationToken cancellationToken)
        where TContext : UserScopedContext
    {
        if (_context is not null)
        {
            return database == _database
                ? (TContext)_context
                : throw new InvalidOperationException(
                    $"A command writes to one database, and this one has joined '{_database}' and now wants '{database}'.");
        }

        await _timelines.UsedAsync(database);
        var context = pool.Rent(database);
        context.Pipeline = new Pipeline();
        (_database, _tokenName, _context) = (database, tokenName, context);
        await context.Database.BeginTransactionAsync(cancellationToken);
        (_timeline, _cluster) = (_timelines.Highest(database), _timelines.Of(database).Known.Cluster);
        return context;
    }
}
