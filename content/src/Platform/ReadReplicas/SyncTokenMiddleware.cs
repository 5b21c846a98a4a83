using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Platform.ReadReplicas;

/// <summary>
/// Takes the Sync-Token of a request from its header and its cookies, and gives one to each answer that has committed or seen
/// more: what the request asked for, what it has committed, and what it has read.
/// </summary>
public static class SyncTokenMiddleware
{
    public const string Header = "Sync-Token";

    /// <summary>
    /// What names of cookies begin with. Each answer sets a cookie of its own name and deletes those that its request had, which
    /// it covers. So answers to requests that a browser has sent at once leave one cookie each, in whichever order they come,
    /// and none overwrites what another one said.
    /// </summary>
    public const string CookiePrefix = "sync-token-";

    /// <summary>Much longer than any replica is behind that is still used.</summary>
    private static readonly TimeSpan CookieLifetime = TimeSpan.FromHours(1);

    public static void UseSyncTokens(this IApplicationBuilder app)
    {
        var codec = app.ApplicationServices.GetRequiredService<SyncTokenCodec>();
        app.Use((context, next) =>
        {
            var tokens = context.RequestServices.GetRequiredService<SyncTokens>();
            tokens.Consistency = context.GetEndpoint()?.Metadata.GetMetadata<ReadConsistency>()?.Consistency
                ?? Consistency.Session;
            foreach (var token in context.Request.Headers[Header])
            {
                codec.Read(token, tokens);
            }

            var covered = context.Request.Headers.Cookie.Count == 0 ? [] : context.Request.Cookies
                .Where(cookie =>
                    cookie.Key.StartsWith(CookiePrefix, StringComparison.Ordinal) && codec.Read(cookie.Value, tokens))
                .Select(cookie => cookie.Key).ToArray();

            // Also runs when an exception has cleared the answer, as after a commit of which only the second half failed.
            context.Response.OnStarting(() =>
            {
                if (tokens.HasCommitted || (tokens.HasChanged && tokens.Consistency == Consistency.Session))
                {
                    Answer(context, codec.Write(tokens), covered, isWrite: tokens.HasCommitted);
                }

                return Task.CompletedTask;
            });
            return next(context);
        });
    }

    /// <summary>A read's answer has a cookie only for clients that keep cookies: they have sent one, or are browsers.</summary>
    private static void Answer(HttpContext context, string token, string[] covered, bool isWrite)
    {
        context.Response.Headers[Header] = token;
        if (!isWrite && covered.Length == 0 && !context.Request.Headers.ContainsKey("Sec-Fetch-Site"))
        {
            return;
        }

        var name = CookiePrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token)).AsSpan(0, 4));
        var options = new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
            IsEssential = true,
        };
        foreach (var old in covered.Where(old => old != name))
        {
            context.Response.Cookies.Delete(old, options);
        }

        options.MaxAge = CookieLifetime;
        context.Response.Cookies.Append(name, token, options);
    }
}
