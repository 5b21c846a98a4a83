using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;

namespace Acme.Service.Api.Common;

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
        builder.Services.AddRateLimiter(options =>
        {
            options.OnRejected = TellWhenToRetry;
            options.GlobalLimiter = PartitionedRateLimiter.CreateChained(
                PartitionedRateLimiter.Create<HttpContext, string>(context => IsOfHealth(context)
                    ? RateLimitPartition.GetNoLimiter("health")
                    : RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => Bucket(limits))),
                PartitionedRateLimiter.Create<HttpContext, string>(context => IsOfHealth(context) || IsLongLived(context)
                    ? RateLimitPartition.GetNoLimiter("no turn")
                    : RateLimitPartition.GetConcurrencyLimiter("turn", _ => Turns(limits))));
        });
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

    private static async ValueTask TellWhenToRetry(OnRejectedContext context, CancellationToken cancellationToken)
    {
        // Only a token bucket knows when; without, it is everybody who asks too much.
        var (wait, type, title, status) = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var time)
            ? (time, "too-many-requests", "You send requests too fast.", StatusCodes.Status429TooManyRequests)
            : (TimeSpan.FromSeconds(1), "overloaded", "The service has more to do than it can. Nothing was done.", StatusCodes.Status503ServiceUnavailable);
        context.HttpContext.Response.StatusCode = status;
        context.HttpContext.Response.Headers.RetryAfter =
            Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var problems = context.HttpContext.RequestServices.GetRequiredService<IProblemDetailsService>();
        await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context.HttpContext,
            ProblemDetails = new ProblemDetails { Type = $"urn:problem-type:{type}", Title = title, Status = status },
        });
    }
}
