using Microsoft.Net.Http.Headers;

namespace Api.Common;

/// <summary>
/// Browsers on other origins. <c>Cors:Origins</c> lists those that may call the API, such as
/// <c>https://app.example.com</c>; without it, none may. No credentials: a token comes in a header, never in a cookie.
/// </summary>
internal static class CrossOrigin
{
    private const string Section = "Cors:Origins";

    public static void AddCrossOrigin(this WebApplicationBuilder builder)
    {
        var origins = builder.Configuration.GetSection(Section).Get<string[]>() ?? [];
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(origins)
            .WithMethods(HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put)
            .WithHeaders(
                HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.ContentEncoding, IdempotencyKey.Header,
                    "Sync-Token", "Last-Event-ID")
            .WithExposedHeaders(HeaderNames.Location, HeaderNames.RetryAfter, "Sync-Token", "Server-Timing")
            .SetPreflightMaxAge(TimeSpan.FromMinutes(10))));
    }
}
