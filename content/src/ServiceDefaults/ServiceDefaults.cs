using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ServiceDefaults;

/// <summary>
/// What every process of the service has: secrets from files, telemetry, health, service discovery and resilient HTTP clients.
/// </summary>
public static class ServiceDefaults
{
    /// <summary>Names of the service's own meters and activity sources: their namespaces.</summary>
    private const string OwnTelemetry = "Platform.*";

    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.AddSecretFiles();
        builder.AddOpenTelemetry();
        builder.Services.AddHealthChecks();
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler();
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>
    /// <c>/health/live</c> says that the process answers, <c>/health/ready</c> that it can do its work: all checks with
    /// the tag <c>ready</c>.
    /// </summary>
    public static void MapHealthEndpoints(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") })
            .AllowAnonymous();
    }

    /// <summary>
    /// Only where there is somebody to send it to: what is recorded for each request and statement is not free.
    /// </summary>
    private static void AddOpenTelemetry(this IHostApplicationBuilder builder)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        builder.Services.AddOpenTelemetry()
            // What the host says (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) comes last, so it wins.
            .ConfigureResource(resource => resource
                .AddService(
                    builder.Environment.ApplicationName, serviceInstanceId: Environment.MachineName + "-" + Environment.ProcessId)
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddNpgsqlInstrumentation()
                .AddMeter(OwnTelemetry))
            .WithTracing(tracing => tracing
                .SetSampler(new ParentBasedSampler(new WorkSampler()))
                .AddSource(OwnTelemetry)
                .AddAspNetCoreInstrumentation(options =>
                    options.Filter = context => !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
                .AddHttpClientInstrumentation()
                .AddNpgsql())
            .UseOtlpExporter();
    }
}
