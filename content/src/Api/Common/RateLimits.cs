using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.RateLimiting;
using Application.Servers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;

namespace Api.Common;

internal static class RateLimits
{
    /// <summary>Policy of endpoints that take bodies of any size. They last for as long as the client likes.</summary>
    public const string Uploads = "uploads";

    /// <summary>Policy of endpoints that send events. They last for as long as the client likes.</summary>
    public const string Streams = "streams";

    private static readonly TimeSpan AMoment = TimeSpan.FromSeconds(1);

    private static readonly Refusal Overloaded = new(
        "overloaded", "The service has more to do than it can. Nothing was done.", StatusCodes.Status503ServiceUnavailable);

    private static readonly Refusal TooFast = new(
        "too-many-requests", "You send requests too fast.", StatusCodes.Status429TooManyRequests);

    private static readonly Refusal TooManyUploads = new(
        "too-many-uploads", "You send too many uploads at once. Nothing of this one was stored.",
        StatusCodes.Status429TooManyRequests);

    private static readonly Refusal TooManyStreams = new(
        "too-many-streams", "You listen to too many event streams at once.", StatusCodes.Status429TooManyRequests);

    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        var limits = builder.Configuration.GetSection(RateLimitOptions.Section).Get<RateLimitOptions>() ?? new();
        var callers = PartitionedRateLimiter.Create<HttpContext, string>(context => IsOfHealth(context)
            ? RateLimitPartition.GetNoLimiter("health")
            : RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => Bucket(limits)));
        var atOnce = PartitionedRateLimiter.Create<HttpContext, string>(context => IsOfHealth(context) || IsLongLived(context)
            ? RateLimitPartition.GetNoLimiter("health")
            : RateLimitPartition.GetConcurrencyLimiter(CallerOf(context), _ => new() { PermitLimit = limits.AtOncePerUser }));
        builder.Services.AddSingleton(services => new Turns(limits, services.GetRequiredService<IShardMap>()));
        builder.Services.AddRateLimiter(options =>
        {
            options.OnRejected = (context, _) => new(RefuseAsync(
                context.HttpContext,
                TooFast,
                context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : AMoment));
            options.GlobalLimiter = PartitionedRateLimiter.CreateChained(callers, atOnce);
            options.AddPolicy(Uploads, new AtOncePerUser(limits.UploadsPerUser, TooManyUploads));
            options.AddPolicy(Streams, new AtOncePerUser(limits.StreamsPerUser, TooManyStreams));
        });
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

    private static bool IsLongLived(HttpContext context) => PolicyOf(context) is Uploads or Streams;

    private static bool IsRead(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static string? PolicyOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName;

    private static string CallerOf(HttpContext context) =>
        context.User.FindUserId() is { } user
            ? $"user {user}"
            : $"address {context.Connection.RemoteIpAddress}";

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

    private sealed record Refusal(string Type, string Title, int Status);

    private sealed class AtOncePerUser(int most, Refusal refusal) : IRateLimiterPolicy<string>
    {
        public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected =>
            (context, _) => new(RefuseAsync(context.HttpContext, refusal, AMoment));

        public RateLimitPartition<string> GetPartition(HttpContext httpContext) =>
            RateLimitPartition.GetConcurrencyLimiter(CallerOf(httpContext), _ => new() { PermitLimit = most });
    }

    /// <summary>Each shard has its own, so that requests that wait for one hold up no other. Uploads and streams do too.</summary>
    private sealed class Turns(RateLimitOptions limits, IShardMap shards) : IDisposable
    {
        private readonly ConcurrentDictionary<(bool IsRead, string Shard), ConcurrencyLimiter> _ofShards = new();
        private readonly ConcurrencyLimiter _uploads = new(Turn(limits.Uploads, queue: 0));
        private readonly ConcurrencyLimiter _streams = new(Turn(limits.Streams, queue: 0));

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
            foreach (var limiter in _ofShards.Values.Append(_uploads).Append(_streams))
            {
                limiter.Dispose();
            }
        }

        private ConcurrencyLimiter LimiterOf(HttpContext context) => PolicyOf(context) switch
        {
            Uploads => _uploads,
            Streams => _streams,
            _ => _ofShards.GetOrAdd(
                (IsRead(context), context.User.FindUserId() is { } user ? shards.KnownShardOf(user) ?? "" : ""),
                key => new(Turn(key.IsRead ? limits.Reads : limits.Writes, limits.Queue))),
        };
    }
}
