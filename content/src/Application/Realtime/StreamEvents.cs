namespace Application.Realtime;

/// <summary>
/// What happens to a user, as it happens. It ends when the service stops, or when it is cancelled; then ask again with
/// the <see cref="EventMessage.Id"/> that came last.
/// </summary>
/// <param name="After">Goes on after the message of that id; null begins now.</param>
public sealed record StreamEvents(UserId Owner, string? After) : IStreamQuery<EventMessage>;

/// <param name="Type">
/// Of the event, or <see cref="Ready"/> (from here on nothing is left out), <see cref="Heartbeat"/>, or <see cref="Reset"/>
/// (events may have been left out, so read anew what you show; from here on nothing is left out again).
/// </param>
/// <param name="Id">Where the stream is after this message; null when that has not changed. Opaque.</param>
/// <param name="Data">JSON.</param>
public sealed record EventMessage(string Type, string? Id, string Data)
{
    public const string Ready = "ready";
    public const string Heartbeat = "heartbeat";
    public const string Reset = "reset";
}

public interface IEventFeed : IReadPort
{
    /// <summary>The first message, a heartbeat, is there at once.</summary>
    IAsyncEnumerable<EventMessage> ReadAsync(UserId owner, string? after, CancellationToken cancellationToken);
}

internal sealed class StreamEventsHandler(IEventFeed events) : IStreamQueryHandler<StreamEvents, EventMessage>
{
    public IAsyncEnumerable<EventMessage> Handle(StreamEvents query, CancellationToken cancellationToken) =>
        events.ReadAsync(query.Owner, query.After, cancellationToken);
}
