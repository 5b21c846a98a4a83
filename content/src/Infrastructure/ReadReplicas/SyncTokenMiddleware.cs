using Application.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Infrastructure.ReadReplicas;

/// <summary>
/// Takes the Sync-Token of a request from its header and its cookie, and gives one to each answer of a request that has
/// committed: what it asked for, and what it has committed.
/// </summary>
public static class SyncTokenMiddleware
{
    public const string Header = "Sync-Token";
    public const string Cookie = "sync-token";

    /// <summary>Much longer than any replica is behind that is still used.</summary>
    private static readonly TimeSpan CookieLifetime = TimeSpan.FromHours(1);

    public static void UseSyncTokens(this IApplicationBuilder app)
    {
        var codec = app.ApplicationServices.GetRequiredService<SyncTokenCodec>();
        app.Use((context, next) =>
        {
            var tokens = context.RequestServices.GetRequiredService<SyncTokens>();
            tokens.Consistency = context.GetEndpoint()?.Metadata.GetMetadata<ReadConsistency>()?.Consistency ?? Consistency.Session;
            foreach (var token in context.Request.Headers[Header])
            {
                codec.Read(token, tokens);
            }

            if (context.Request.Cookies[Cookie] is { Length: > 0 } cookie)
            {
                codec.Read(cookie, tokens);
            }

            // Also runs when an exception has cleared the answer, as after a commit of which only the second half failed.
            context.Response.OnStarting(() =>
            {
                if (tokens.HasCommitted)
                {
                    Answer(context, codec.Write(tokens));
                }

                return Task.CompletedTask;
            });
            return next(context);
        });
    }

    private static void Answer(HttpContext context, string token)
    {
        context.Response.Headers[Header] = token;
        context.Response.Cookies.Append(Cookie, token, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
            IsEssential = true,
            MaxAge = CookieLifetime,
        });
    }
}
