using System.Text.Json;
using Application.Realtime;
using Domain.Common;
using Platform.Common;
using Platform.Sharding;
using static Platform.RowSecurity.Pipeline;

namespace Platform.Realtime;

/// <summary>Writes events together with the other changes of the unit of work, and wakes the readers after its commit.</summary>
internal sealed class Events(ShardWriter writer, BucketMap buckets, ShardSignals signals) : IEvents
{
    [Sql(typeof(Guid), typeof(long), typeof(string), typeof(string))]
    private const string InsertSql = "INSERT INTO events (owner_id, epoch, type, payload) VALUES ($1, $2, $3, $4::text::jsonb)";

    public async Task PublishAsync<T>(UserId owner, string type, T payload, CancellationToken cancellationToken)
        where T : notnull
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        // The shard refuses the transaction if this is not the epoch, and the bucket cannot move before it ends.
        var route = await buckets.RouteOfAsync(owner.Bucket, cancellationToken);
        context.Pipeline!.Add(
            InsertSql, Value(owner.Value), Value(route.Epoch), Value(type),
            Value(JsonSerializer.Serialize(payload, JsonSerializerOptions.Web)));
        writer.OnCommitted(() => signals.Notify(ShardSignal.Events, route.Shard));
    }
}
