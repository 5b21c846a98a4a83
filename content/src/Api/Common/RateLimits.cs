using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Mvc;
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
}

/// <summary>Metadata of an endpoint whose answers go on for as long as the client likes: they take no turn from others.</summary>
internal sealed record LongLived;

internal static class RateLimits
{
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        var limits = builder.Configuration.GetSection(RateLimitOptions.Section).Get<RateLimitOptions>() ?? new();
        var callers = PartitionedRateLimiter.Create<HttpContext, string>(context => IsOfHealth(context)
            ? RateLimitPartition.GetNoLimiter("health")
            : RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => Bucket(limits)));
        var turns = PartitionedRateLimiter.Create<HttpContext, string>(context => IsOfHealth(context) || IsLongLived(context)
            ? RateLimitPartition.GetNoLimiter("no turn")
            : RateLimitPartition.GetConcurrencyLimiter("turn", _ => Turns(limits)));
        builder.Services.AddSingleton(new Door(context =>
            turns.GetStatistics(context) is { CurrentAvailablePermits: 0 } now && now.CurrentQueuedCount >= limits.Queue));
        builder.Services.AddRateLimiter(options =>
        {
            options.OnRejected = (context, _) => new(RefuseAsync(
                context.HttpContext, context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : null));
            options.GlobalLimiter = PartitionedRateLimiter.CreateChained(callers, turns);
        });
    }

    /// <summary>
    /// Refuses whoever comes while nobody more can wait, before their token is checked: under overload that are most, and
    /// what is done for them is taken from those who are let in. Whose turn comes when is decided after, user by user.
    /// </summary>
    public static void UseDoor(this IApplicationBuilder app)
    {
        var door = app.ApplicationServices.GetRequiredService<Door>();
        app.Use((context, next) => door.IsShut(context) ? RefuseAsync(context, wait: null) : next(context));
    }

    private static bool IsOfHealth(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal);

    private static bool IsLongLived(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<LongLived>() is not null;

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

    /// <param name="wait">Known for a user who asks too much; null when it is everybody who does.</param>
    private static async Task RefuseAsync(HttpContext context, TimeSpan? wait)
    {
        var (type, title, status) = wait is null
            ? ("overloaded", "The service has more to do than it can. Nothing was done.", StatusCodes.Status503ServiceUnavailable)
            : ("too-many-requests", "You send requests too fast.", StatusCodes.Status429TooManyRequests);
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter =
            Math.Max(1, Math.Ceiling(wait?.TotalSeconds ?? 1)).ToString(CultureInfo.InvariantCulture);
        var problems = context.RequestServices.GetRequiredService<IProblemDetailsService>();
        await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            ProblemDetails = new ProblemDetails { Type = $"urn:problem-type:{type}", Title = title, Status = status },
        });
    }

    private sealed record Door(Func<HttpContext, bool> IsShut);
}
