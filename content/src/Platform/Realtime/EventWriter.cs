using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using static Platform.RowSecurity.Pipeline;

namespace Platform.Realtime;

/// <summary>Writes domain events as rows, and wakes the readers after the commit.</summary>
internal sealed class EventWriter(BucketMap buckets, ShardSignals signals) : IDomainEventWriter
{
    [Sql(typeof(Guid), typeof(long), typeof(string), typeof(string))]
    private const string InsertSql = "INSERT INTO events (owner_id, epoch, type, payload) VALUES ($1, $2, $3, $4::text::jsonb)";

    /// <summary>Owner and type are columns.</summary>
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { WithoutColumns } },
    };

    public async ValueTask WriteAsync(ShardWriter writer, IDomainEvent happened, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(happened.Owner, cancellationToken);
        // The shard refuses the transaction if this is not the epoch, and the bucket cannot move before it ends.
        var route = await buckets.RouteOfAsync(happened.Owner.Bucket, cancellationToken);
        context.Pipeline!.Add(
            InsertSql, Value(happened.Owner.Value), Value(route.Epoch), Value(happened.Type),
            Value(JsonSerializer.Serialize(happened, happened.GetType(), Json)));
        writer.OnCommitted(() => signals.Notify(ShardSignal.Events, route.Shard));
    }

    private static void WithoutColumns(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(property => property.Name is "owner" or "type").ToArray())
        {
            type.Properties.Remove(property);
        }
    }
}
