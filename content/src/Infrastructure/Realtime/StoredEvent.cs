using System.Text.Json;
using Acme.Service.Application.Realtime;

namespace Acme.Service.Infrastructure.Realtime;

/// <summary>An event on its way to clients, written out once for all of them.</summary>
internal sealed record StoredEvent(EventPosition Position, EventMessage Message)
{
    /// <param name="payload">JSON.</param>
    public static StoredEvent Of(EventPosition position, string type, string payload) =>
        new(position, new EventMessage(type, position.ToString(), $$"""{"at":"{{position.At.UtcDateTime:O}}","payload":{{payload}}}"""));

    public static EventMessage Heartbeat { get; } = new(EventMessage.Heartbeat, Id: null, "{}");

    public static EventMessage Ready(EventPosition position) => new(EventMessage.Ready, position.ToString(), "{}");

    public static EventMessage Reset(EventPosition position, string reason) =>
        new(EventMessage.Reset, position.ToString(), $$"""{"reason":{{JsonSerializer.Serialize(reason)}}}""");
}
