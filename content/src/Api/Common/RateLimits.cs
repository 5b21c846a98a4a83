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
}

internal static class RateLimits
{
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        var limits = builder.Configuration.GetSection(RateLimitOptions.Section).Get<RateLimitOptions>() ?? new();
        builder.Services.AddRateLimiter(options =>
        {
            options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            options.OnRejected = TellWhenToRetry;
            options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
                context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
                    ? RateLimitPartition.GetNoLimiter("health")
                    : RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => Bucket(limits)));
        });
    }

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

    private static async ValueTask TellWhenToRetry(OnRejectedContext context, CancellationToken cancellationToken)
    {
        var wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var time) ? time : TimeSpan.FromSeconds(1);
        context.HttpContext.Response.Headers.RetryAfter =
            Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var problems = context.HttpContext.RequestServices.GetRequiredService<IProblemDetailsService>();
        await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context.HttpContext,
            ProblemDetails = new ProblemDetails
            {
                Type = "urn:problem-type:too-many-requests",
                Title = "You send requests too fast.",
                Status = StatusCodes.Status429TooManyRequests,
            },
        });
    }
}
