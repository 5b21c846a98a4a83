using Application.Realtime;

namespace Infrastructure.Realtime;

/// <summary>An event on its way to clients, written out once for all of them.</summary>
internal sealed record StoredEvent(EventPosition Position, EventMessage Message)
{
    /// <param name="payload">JSON.</param>
    /// <param name="syncToken">A read with it sees what the event tells of.</param>
    public static StoredEvent Of(EventPosition position, string type, string payload, string syncToken) => new(
        position,
        new EventMessage(
            type, position.ToString(), $$"""{"at":"{{position.At.UtcDateTime:O}}","syncToken":"{{syncToken}}","payload":{{payload}}}"""));

    public static EventMessage Heartbeat { get; } = new(EventMessage.Heartbeat, Id: null, "{}");

    /// <param name="position">Where the client is now.</param>
    /// <param name="syncToken">A read with it sees all that came before.</param>
    public static EventMessage Ready(EventPosition position, string syncToken) =>
        new(EventMessage.Ready, position.ToString(), $$"""{"syncToken":"{{syncToken}}"}""");

    /// <inheritdoc cref="Ready"/>
    public static EventMessage Reset(EventPosition position, string syncToken, string reason) =>
        new(EventMessage.Reset, position.ToString(), $$"""{"syncToken":"{{syncToken}}","reason":"{{reason}}"}""");
}
