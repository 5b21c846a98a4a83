using System.Text.Json;
using Application.Realtime;
using Domain.Common;
using Infrastructure.Sharding;

namespace Infrastructure.Realtime;

/// <summary>Writes events together with the other changes of the unit of work, and wakes the readers after its commit.</summary>
internal sealed class Events(ShardWriter writer, BucketMap buckets, ShardSignals signals) : IEvents
{
    public async Task PublishAsync<T>(UserId owner, string type, T payload, CancellationToken cancellationToken)
        where T : notnull
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        // The shard refuses the transaction if this is not the epoch, and the bucket cannot move before it ends.
        var route = await buckets.RouteOfAsync(owner.Bucket, cancellationToken);
        context.Add(new EventRow
        {
            Owner = owner,
            Epoch = route.Epoch,
            Type = type,
            Payload = JsonSerializer.Serialize(payload, JsonSerializerOptions.Web),
        });
        writer.OnCommitted(() => signals.Notify(ShardSignal.Events, route.Shard));
    }
}
