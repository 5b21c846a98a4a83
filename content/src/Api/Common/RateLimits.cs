using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Application.Servers;
using Microsoft.AspNetCore.Http.Features;

namespace Api.Common;

/// <summary>What a caller is told whose request is not admitted.</summary>
internal sealed record Refusal(string Type, string Title, int Status);

/// <summary>
/// Metadata of endpoints whose requests last for as long as the client likes, and have limits of their own: bodies of any size,
/// and streams of events.
/// </summary>
internal sealed record LongLived(Func<RateLimitOptions, int> PerUser, Func<RateLimitOptions, int> OfAll, Refusal Refusal)
{
    public static readonly LongLived Upload = new(
        limits => limits.UploadsPerUser, limits => limits.Uploads, new(
            "too-many-uploads", "You send too many uploads at once. Nothing of this one was stored.",
            StatusCodes.Status429TooManyRequests));

    public static readonly LongLived Stream = new(
        limits => limits.StreamsPerUser, limits => limits.Streams, new(
            "too-many-streams", "You listen to too many event streams at once.", StatusCodes.Status429TooManyRequests));
}

internal static class RateLimits
{
    private static readonly TimeSpan AMoment = TimeSpan.FromSeconds(1);

    private static readonly Refusal Overloaded = new(
        "overloaded", "The service has more to do than it can. Nothing was done.", StatusCodes.Status503ServiceUnavailable);

    private static readonly Refusal TooFast = new(
        "too-many-requests", "You send requests too fast.", StatusCodes.Status429TooManyRequests);

    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        var limits = builder.Configuration.GetSection(RateLimitOptions.Section).Get<RateLimitOptions>() ?? new();
        builder.Services.AddSingleton(_ => new Callers(limits));
        builder.Services.AddSingleton(services => new Turns(limits, services.GetRequiredService<IShardMap>()));
    }

    /// <summary>
    /// Rejects requests while all queues are full, before their token is checked: under overload that is most of them, and work
    /// on them is taken from those that are admitted.
    /// </summary>
    public static void UseLoadShedding(this IApplicationBuilder app)
    {
        var turns = app.ApplicationServices.GetRequiredService<Turns>();
        app.Use((context, next) => turns.IsFull(context) ? RefuseAsync(context, Overloaded, AMoment) : next(context));
    }

    /// <summary>Rejects requests of a caller who sends too many.</summary>
    public static void UseCallerLimits(this IApplicationBuilder app)
    {
        var callers = app.ApplicationServices.GetRequiredService<Callers>();
        app.Use((context, next) => IsOfHealth(context) ? next(context) : callers.AdmitAsync(context, next));
    }

    /// <summary>
    /// Takes a turn for the request once its body is here, so that a client that sends slowly holds up no other. A short body is
    /// at most as long as <see cref="HttpSurface.MaxBodySize"/>.
    /// </summary>
    public static void UseTurns(this IApplicationBuilder app)
    {
        var turns = app.ApplicationServices.GetRequiredService<Turns>();
        app.Use(async (context, next) =>
        {
            if (!IsLongLived(context))
            {
                await BufferBodyAsync(context.Request);
            }

            using var turn = await turns.TakeAsync(context);
            await (turn is null or { IsAcquired: true } ? next(context) : RefuseAsync(context, Overloaded, AMoment));
        });
    }

    /// <summary>
    /// Without a token: a client that goes away ends the reading, and a read that is cancelled would leave the connection in the
    /// middle of it.
    /// </summary>
    private static async Task BufferBodyAsync(HttpRequest request)
    {
        if (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            var body = new MemoryStream();
            await request.Body.CopyToAsync(body, CancellationToken.None);
            body.Position = 0;
            request.Body = body;
        }
    }

    private static bool IsOfHealth(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal);

    private static bool IsLongLived(HttpContext context) => KindOf(context) is not null;

    private static bool IsRead(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static LongLived? KindOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<LongLived>();

    private static TokenBucketRateLimiterOptions Bucket(RateLimitOptions limits) => new()
    {
        TokenLimit = limits.Burst,
        TokensPerPeriod = limits.PerSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };

    private static ConcurrencyLimiterOptions Turn(int most, int queue) => new()
    {
        PermitLimit = most,
        QueueLimit = queue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    };

    private static Task RefuseAsync(HttpContext context, Refusal refusal, TimeSpan wait)
    {
        context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Problems.WriteAsync(
            context,
            new() { Type = Problems.TypePrefix + refusal.Type, Title = refusal.Title, Status = refusal.Status });
    }

    /// <summary>Signed in, or known by address only.</summary>
    private readonly record struct Caller(UserId? User, IPAddress? Address);

    /// <summary>
    /// How fast the requests of each caller come, and how many there are at once. Not the limiter of ASP.NET Core: it wakes ten
    /// times a second for policies that are not used here.
    /// </summary>
    private sealed class Callers(RateLimitOptions limits) : IDisposable
    {
        private readonly PartitionedRateLimiter<Caller> _pace = PartitionedRateLimiter.Create<Caller, Caller>(
            caller => RateLimitPartition.GetTokenBucketLimiter(caller, _ => Bucket(limits)));

        private readonly PartitionedRateLimiter<(Caller, LongLived?)> _atOnce =
            PartitionedRateLimiter.Create<(Caller, LongLived? Kind), (Caller, LongLived? Kind)>(
                one => RateLimitPartition.GetConcurrencyLimiter(
                    one, key => Turn(key.Kind?.PerUser(limits) ?? limits.AtOncePerUser, queue: 0)));

        public async Task AdmitAsync(HttpContext context, RequestDelegate next)
        {
            var user = context.User.FindUserId();
            var caller = new Caller(user, user is null ? context.Connection.RemoteIpAddress : null);
            using var pace = _pace.AttemptAcquire(caller);
            if (!pace.IsAcquired)
            {
                await RefuseAsync(context, TooFast, pace.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : AMoment);
                return;
            }

            var kind = KindOf(context);
            using var turn = _atOnce.AttemptAcquire((caller, kind));
            await (turn.IsAcquired ? next(context) : RefuseAsync(context, kind?.Refusal ?? TooFast, AMoment));
        }

        public void Dispose()
        {
            _pace.Dispose();
            _atOnce.Dispose();
        }
    }

    /// <summary>
    /// Each shard has its own, so that requests that wait for one hold up no other. So have uploads, and streams.
    /// </summary>
    private sealed class Turns(RateLimitOptions limits, IShardMap shards) : IDisposable
    {
        private readonly ConcurrentDictionary<(bool IsRead, string Shard), ConcurrencyLimiter> _ofShards = new();
        private readonly ConcurrentDictionary<LongLived, ConcurrencyLimiter> _longLived = new();

        /// <summary>The user is not known yet, so it is full when each shard is that has had requests.</summary>
        public bool IsFull(HttpContext context)
        {
            var (isRead, found) = (IsRead(context), false);
            foreach (var (key, limiter) in IsOfHealth(context) || IsLongLived(context) ? [] : _ofShards)
            {
                if (key.IsRead == isRead)
                {
                    if (limiter.GetStatistics() is not { CurrentAvailablePermits: 0 } now
                        || now.CurrentQueuedCount < limits.Queue)
                    {
                        return false;
                    }

                    found = true;
                }
            }

            return found;
        }

        /// <summary>Null for what needs none.</summary>
        public async ValueTask<RateLimitLease?> TakeAsync(HttpContext context) => IsOfHealth(context)
            ? null
            : await LimiterOf(context).AcquireAsync(permitCount: 1, context.RequestAborted);

        public void Dispose()
        {
            foreach (var limiter in _ofShards.Values.Concat(_longLived.Values))
            {
                limiter.Dispose();
            }
        }

        private ConcurrencyLimiter LimiterOf(HttpContext context) => KindOf(context) is { } longLived
            ? _longLived.GetOrAdd(longLived, kind => new(Turn(kind.OfAll(limits), queue: 0)))
            : _ofShards.GetOrAdd(
                (IsRead(context), context.User.FindUserId() is { } user ? shards.KnownShardOf(user) ?? "" : ""),
                key => new(Turn(key.IsRead ? limits.Reads : limits.Writes, limits.Queue)));
    }
}
