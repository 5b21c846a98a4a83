using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Application.Realtime;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Api.Realtime;

/// <summary>One stream of messages, as server-sent events and over WebSocket. It ends with the caller's token.</summary>
internal sealed class EventEndpoints : IEndpointGroup
{
    private const string LastEventId = "Last-Event-ID";

    private static readonly TimeSpan Longest = TimeSpan.FromDays(20);

    public static void Map(IEndpointRouteBuilder app)
    {
        var events = app.MapGroup("/events").WithTags("Events").WithConsistency(Consistency.Strong)
            .WithMetadata(LongLived.Stream);
        events.MapGet("/", Stream).WithName("StreamEvents")
            .WithSummary("What happens to you, as it happens, as server-sent events")
            .WithDescription("Reconnect with Last-Event-ID to go on where you were. After `reset`, read anew what you show.");
        events.Map("/ws", Socket).WithSummary("The same over WebSocket").ExcludeFromDescription();
    }

    private static ServerSentEventsResult<string> Stream(
        [FromHeader(Name = LastEventId)] string? after, ISender sender, ClaimsPrincipal user, HttpContext context)
    {
        // Proxies that gather answers would keep events back.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(ItemsAsync());

        async IAsyncEnumerable<SseItem<string>> ItemsAsync()
        {
            if (HttpMethods.IsHead(context.Request.Method))
            {
                yield break;
            }

            using var lifetime = LifetimeOf(context);
            // Those who were connected to one instance do not all come back at the same moment.
            TimeSpan? retry = TimeSpan.FromMilliseconds(Random.Shared.Next(1_000, 5_000));
            await foreach (var message in sender.CreateStream(new StreamEvents(user.UserId(), after), lifetime.Token))
            {
                yield return new SseItem<string>(message.Data, message.Type)
                {
                    EventId = message.Id,
                    ReconnectionInterval = retry,
                };
                retry = null;
            }
        }
    }

    /// <param name="after">A browser cannot send headers with a WebSocket.</param>
    private static async Task<IResult> Socket(
        [FromQuery(Name = "after")] string? after, ISender sender, ClaimsPrincipal user, HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return TypedResults.Problem("This endpoint speaks WebSocket.", statusCode: StatusCodes.Status400BadRequest);
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var lifetime = LifetimeOf(context);
        var closed = UntilClosedAsync(socket, lifetime);
        try
        {
            await foreach (var message in sender.CreateStream(new StreamEvents(user.UserId(), after), lifetime.Token))
            {
                var json = new JsonObject
                {
                    ["id"] = message.Id,
                    ["event"] = message.Type,
                    ["data"] = JsonNode.Parse(message.Data)
                };
                await socket.SendAsync(
                    JsonSerializer.SerializeToUtf8Bytes(json), WebSocketMessageType.Text, endOfMessage: true, lifetime.Token);
            }

            // The other side may be gone without a word, and the service may be stopping.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "Connect again.", patience.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException)
        {
            // The client is gone, and goes on with another connection.
        }

        await lifetime.CancelAsync();
        await closed;
        return TypedResults.Empty;
    }

    /// <summary>Clients send nothing but a close message, which has to be read.</summary>
    private static async Task UntilClosedAsync(WebSocket socket, CancellationTokenSource lifetime)
    {
        var buffer = new byte[256];
        try
        {
            while ((await socket.ReceiveAsync(buffer, lifetime.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException)
        {
            // Gone without a goodbye, or the stream has ended first.
        }

        await lifetime.CancelAsync();
    }

    /// <summary>Until the client is gone, or its token would not be taken any more.</summary>
    private static CancellationTokenSource LifetimeOf(HttpContext context)
    {
        var lifetime = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        if (context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc is { } expires)
        {
            var skew = context.RequestServices.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>()
                .Get(JwtBearerDefaults.AuthenticationScheme).TokenValidationParameters.ClockSkew;
            var left = expires - DateTimeOffset.UtcNow + skew;
            lifetime.CancelAfter(left < TimeSpan.Zero ? TimeSpan.Zero : left > Longest ? Longest : left);
        }

        return lifetime;
    }
}
