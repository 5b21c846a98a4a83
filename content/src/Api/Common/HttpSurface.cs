using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Scalar.AspNetCore;

namespace Api.Common;

/// <summary>What all endpoints share: authentication, limits, JSON, problem details and the API's description.</summary>
internal static class HttpSurface
{
    /// <summary>Largest body in bytes. An endpoint that takes more says so itself.</summary>
    public const long MaxBodySize = 64 * 1024;

    public static void AddHttpSurface(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodySize;
        });

        // Issuer, audience and keys come from Authentication:Schemes:Bearer, which `dotnet user-jwts` fills as well.
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer(options =>
            {
                options.MapInboundClaims = false;
                // How far clocks of machines that are kept right may be apart.
                options.TokenValidationParameters.ClockSkew =
                    TimeSpan.FromSeconds(builder.Configuration.GetValue("Authentication:ClockSkewSeconds", defaultValue: 30));
                options.Events = new JwtBearerEvents { OnMessageReceived = TakeTokenOfStream };
            });
        // AddAuthentication brings it along, and nothing is protected by it: no key is to be stored.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.FollowTokenKeys();
        builder.BindTokenKeysToIssuers();
        builder.Services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireSubject().Build());

        builder.Services.AddRequestDecompression();
        builder.AddRateLimits();
        builder.AddCrossOrigin();
        builder.Services.ConfigureHttpJsonOptions(options => Configure(options.SerializerOptions));
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.AddExceptionHandler<BadRequestHandler>();
        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>().AddProblemDetails();
        builder.AddApiDescription();
    }

    public static void UseHttpSurface(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        if (app.Environment.IsDevelopment())
        {
            app.UseServerTiming();
            app.MapOpenApi().AllowAnonymous().AnswerHead();
            // Nothing but the reference: no offers of its vendor, and nothing that is loaded from elsewhere.
            app.MapScalarApiReference(scalar => scalar.DisableDefaultFonts().DisableAgent().DisableMcp().DisableTelemetry()
                .HideClientButton().HideDeveloperTools()).AllowAnonymous();
            app.MapGet("/", () => TypedResults.Redirect("/scalar")).ExcludeFromDescription().AllowAnonymous().AnswerHead();
        }

        app.UseNoStore();
        app.UseCors();
        app.UseLoadShedding();
        app.UseWebSockets();
        app.UseAuthentication();
        app.UseCallerLimits();
        app.UseAuthorization();
        app.UseRequestBodies();
        app.UseTurns();
    }

    /// <summary>Answers are of one user and of this moment: no browser and no proxy keeps them, unless an endpoint says
    /// otherwise.</summary>
    private static void UseNoStore(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.Headers.CacheControl = "no-store";
        return next(context);
    });

    /// <summary>
    /// A browser's EventSource and WebSocket send no headers, so their token may be in the address, for events alone: what
    /// is in an address gets into logs, so it should be good for minutes. No cookie signs anybody in, so no other site can
    /// connect.
    /// </summary>
    private static Task TakeTokenOfStream(MessageReceivedContext context)
    {
        if (context.Request.Path.StartsWithSegments("/events", StringComparison.Ordinal)
            && context.Request.Query["access_token"] is [{ Length: > 0 } token])
        {
            context.Token = token;
        }

        return Task.CompletedTask;
    }

    /// <summary>Strict on the way in: a misspelt or doubled property is an error and not a default value.</summary>
    private static void Configure(JsonSerializerOptions json)
    {
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.AllowDuplicateProperties = false;
        json.NumberHandling = JsonNumberHandling.Strict;
        json.RespectNullableAnnotations = true;
        json.RespectRequiredConstructorParameters = true;
        json.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));

        // Source-generated metadata of the features that have it; what nobody knows is left to reflection, which comes last.
        var generated = typeof(HttpSurface).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(JsonSerializerContext)));
        foreach (var context in generated)
        {
            json.TypeInfoResolverChain.Insert(0, (JsonSerializerContext)Activator.CreateInstance(context)!);
        }
    }
}
