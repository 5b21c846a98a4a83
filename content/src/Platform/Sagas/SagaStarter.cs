using System.Diagnostics;
using System.Text.Json;
using Application.Sagas;
using static Platform.RowSecurity.Pipeline;

namespace Platform.Sagas;

/// <summary>
/// Stores new runs with the lease already taken for this instance, which goes on with them after the commit. When it has
/// no place for one, the run is due at once and others are told.
/// </summary>
internal sealed class SagaStarter(
    ShardWriter writer,
    BucketMap buckets,
    SagaDefinitions definitions,
    SagaQueues queues,
    ShardSignals signals,
    IOptions<SagaOptions> options) : ISagas, IDisposable
{
    [Sql(
        typeof(Guid), typeof(Guid), typeof(string), typeof(string), typeof(short), typeof(int), typeof(TimeSpan), typeof(long),
        typeof(string))]
    private const string InsertSql = """
        INSERT INTO sagas (owner_id, id, name, data, status, step, due_at, lease_epoch, trace_parent)
        VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7, $8, $9)
        """;

    private readonly List<SagaQueue> _reserved = [];

    public async Task StartAsync<TSaga, TData>(Guid id, UserId owner, TData data, CancellationToken cancellationToken)
        where TSaga : Saga<TData>
        where TData : class
    {
        if (Uuid8.BucketOf(id) != owner.Bucket)
        {
            throw new ArgumentException("The id of a run must carry the bucket of its owner.", nameof(id));
        }

        var context = await writer.JoinAsync(owner, cancellationToken);
        var shard = (await buckets.RouteOfAsync(owner.Bucket, cancellationToken)).Shard;
        var queue = queues.Of(shard);
        var isOurs = queue.TryReserve();
        if (isOurs)
        {
            _reserved.Add(queue);
        }

        var run = new SagaRun
        {
            Owner = owner,
            Id = id,
            Name = definitions.Of<TSaga>().Name,
            Data = JsonSerializer.Serialize(data),
            TraceParent = System.Diagnostics.Activity.Current?.Id,
        };
        var lease = new SagaLease(run, Stopwatch.GetTimestamp());
        context.Pipeline!.Add(
            InsertSql, Value(owner.Value), Value(id), Value(run.Name), Value(run.Data), Value((short)run.Status), Value(run.Step),
            Value(isOurs ? options.Value.Lease : TimeSpan.Zero), Value(run.LeaseEpoch), Value(run.TraceParent));
        writer.OnCommitted(() =>
        {
            SagaPoints.Reached(SagaPoint.Started, run.Name, definitions.StepOf(run));
            if (isOurs)
            {
                _reserved.Remove(queue);
                queue.Enqueue(lease);
            }
            else
            {
                signals.Notify(ShardSignal.Sagas, shard);
            }
        });
    }

    /// <summary>Places of runs that were not committed.</summary>
    public void Dispose()
    {
        _reserved.ForEach(queue => queue.GiveBack(1));
        _reserved.Clear();
    }
}
