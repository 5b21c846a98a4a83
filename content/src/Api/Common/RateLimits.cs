using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace Api.Common;

/// <summary>A token bucket for every user, and one by address for callers who are not signed in.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Requests that a user may send at once.</summary>
    public int Burst { get; init; } = 200;

    /// <summary>Requests per second that a user may send for any length of time.</summary>
    public int PerSecond { get; init; } = 100;

    /// <summary>Requests of all users that an instance works on at once.</summary>
    public int Concurrent { get; init; } = 64;

    /// <summary>
    /// Requests that wait for their turn. Whoever comes when that many wait is sent away at once, so that those who wait
    /// are answered in a time that they will wait for: about this number divided by what the instance does in a second.
    /// </summary>
    public int Queue { get; init; } = 128;

    /// <summary>Uploads of one user at once. Each holds some megabytes for as long as the client takes to send it.</summary>
    public int UploadsPerUser { get; init; } = 4;

    /// <summary>Uploads of all users at once on an instance.</summary>
    public int Uploads { get; init; } = 16;
}

/// <summary>Metadata of an endpoint whose answers go on for as long as the client likes: they take no turn from others.</summary>
internal sealed record LongLived;

internal static class RateLimits
{
    /// <summary>Policy of endpoints that take bodies of any size.</summary>
    public const string Uploads = "uploads";

    private static readonly TimeSpan AMoment = TimeSpan.FromSeconds(1);

    private static readonly Refusal Overloaded = new(
        "overloaded", "The service has more to do than it can. Nothing was done.", StatusCodes.Status503ServiceUnavailable);

    private static readonly Refusal TooFast = new(
        "too-many-requests", "You send requests too fast.", StatusCodes.Status429TooManyRequests);

    private static readonly Refusal TooManyUploads = new(
        "too-many-uploads", "You send too many uploads at once. Nothing of this one was stored.",
        StatusCodes.Status429TooManyRequests);

    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        var limits = builder.Configuration.GetSection(RateLimitOptions.Section).Get<RateLimitOptions>() ?? new();
        var callers = PartitionedRateLimiter.Create<HttpContext, string>(context => IsOfHealth(context)
            ? RateLimitPartition.GetNoLimiter("health")
            : RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => Bucket(limits)));
        var turns = PartitionedRateLimiter.Create<HttpContext, string>(context => IsOfHealth(context) || IsLongLived(context)
            ? RateLimitPartition.GetNoLimiter("no turn")
            : RateLimitPartition.GetConcurrencyLimiter("turn", _ => Turns(limits)));
        var uploads = PartitionedRateLimiter.Create<HttpContext, string>(context => IsUpload(context)
            ? RateLimitPartition.GetConcurrencyLimiter(Uploads, _ => new() { PermitLimit = limits.Uploads })
            : RateLimitPartition.GetNoLimiter("no upload"));
        builder.Services.AddSingleton(new Door(context =>
            turns.GetStatistics(context) is { CurrentAvailablePermits: 0 } now && now.CurrentQueuedCount >= limits.Queue));
        builder.Services.AddRateLimiter(options =>
        {
            options.OnRejected = (context, _) => new(context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait)
                ? RefuseAsync(context.HttpContext, TooFast, wait)
                : RefuseAsync(context.HttpContext, Overloaded, AMoment));
            options.GlobalLimiter = PartitionedRateLimiter.CreateChained(callers, turns, uploads);
            options.AddPolicy(Uploads, new UploadsOfUser(limits));
        });
    }

    /// <summary>
    /// Refuses whoever comes while nobody more can wait, before their token is checked: under overload that are most, and
    /// what is done for them is taken from those who are let in. Whose turn comes when is decided after, user by user.
    /// </summary>
    public static void UseDoor(this IApplicationBuilder app)
    {
        var door = app.ApplicationServices.GetRequiredService<Door>();
        app.Use((context, next) => door.IsShut(context) ? RefuseAsync(context, Overloaded, AMoment) : next(context));
    }

    private static bool IsOfHealth(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal);

    private static bool IsLongLived(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<LongLived>() is not null;

    private static bool IsUpload(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName == Uploads;

    private static string CallerOf(HttpContext context) =>
        context.User.FindFirstValue(CurrentUser.SubjectClaim) is { } subject
            ? $"user {subject}"
            : $"address {context.Connection.RemoteIpAddress}";

    private static TokenBucketRateLimiterOptions Bucket(RateLimitOptions limits) => new()
    {
        TokenLimit = limits.Burst,
        TokensPerPeriod = limits.PerSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };

    private static ConcurrencyLimiterOptions Turns(RateLimitOptions limits) => new()
    {
        PermitLimit = limits.Concurrent,
        QueueLimit = limits.Queue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    };

    private static async Task RefuseAsync(HttpContext context, Refusal refusal, TimeSpan wait)
    {
        context.Response.StatusCode = refusal.Status;
        context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        await context.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(new()
        {
            HttpContext = context,
            ProblemDetails = new() { Type = Problems.TypePrefix + refusal.Type, Title = refusal.Title, Status = refusal.Status },
        });
    }

    private sealed record Refusal(string Type, string Title, int Status);

    private sealed class UploadsOfUser(RateLimitOptions limits) : IRateLimiterPolicy<string>
    {
        public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected =>
            (context, _) => new(RefuseAsync(context.HttpContext, TooManyUploads, AMoment));

        public RateLimitPartition<string> GetPartition(HttpContext httpContext) =>
            RateLimitPartition.GetConcurrencyLimiter(CallerOf(httpContext), _ => new() { PermitLimit = limits.UploadsPerUser });
    }

    private sealed record Door(Func<HttpContext, bool> IsShut);
}
