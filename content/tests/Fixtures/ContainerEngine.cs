using Docker.DotNet;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;

namespace Fixtures;

/// <summary>The engine that Testcontainers finds: the one that <c>DOCKER_HOST</c> names, or this machine's.</summary>
public static class ContainerEngine
{
    private static readonly IDockerEndpointAuthenticationConfiguration? s_endpoint = Find();

    public static bool IsRunning => s_endpoint is not null;

    private static IDockerEndpointAuthenticationConfiguration Endpoint =>
        s_endpoint ?? throw new InvalidOperationException("There is no container engine.");

    /// <summary>
    /// Starts the container in which Testcontainers removes what a test run that was killed leaves behind. An engine that
    /// reaches no registry may lack its image; then only a run that ends by itself is cleaned up.
    /// </summary>
    public static async Task StartReaperAsync(CancellationToken ct)
    {
        var endpoint = Endpoint; // First of all: see Find.
        if (!TestcontainersSettings.ResourceReaperEnabled)
        {
            return;
        }

        try
        {
            await ResourceReaper.GetAndStartDefaultAsync(endpoint, NullLogger.Instance, ct: ct);
        }
        catch (DockerApiException)
        {
            TestcontainersSettings.ResourceReaperEnabled = false;
        }
    }

    /// <summary>
    /// PostgreSQL's major version in an image: what the image says in PG_MAJOR or, as long as it has not been pulled, its tag.
    /// </summary>
    public static async Task<int> PostgresVersionAsync(string image, CancellationToken ct)
    {
        const string Variable = "PG_MAJOR=";
        using var client = Endpoint.GetDockerClientBuilder().Build();
        string? version;
        try
        {
            var environment = (await client.Images.InspectImageAsync(image, ct)).Config?.Env ?? [];
            version = environment.FirstOrDefault(
                variable => variable.StartsWith(Variable, StringComparison.Ordinal))?[Variable.Length..];
        }
        catch (DockerImageNotFoundException)
        {
            version = new DockerImage(image).Tag?.Split('.', '-')[0];
        }

        return int.TryParse(version, out var major)
            ? major
            : throw new InvalidOperationException($"Which PostgreSQL is in {image}? Neither its PG_MAJOR nor its tag tells.");
    }

    private static IDockerEndpointAuthenticationConfiguration? Find()
    {
        // Testcontainers looks for an engine when its settings are first touched, so an old one's version must be set by then.
        Task.Run(AgreeOnVersionAsync).GetAwaiter().GetResult();
        return TestcontainersSettings.OS.DockerEndpointAuthConfig;
    }

    /// <summary>
    /// Testcontainers speaks version 1.44 of the engine's protocol unless told otherwise, which engines before 25 (Debian
    /// 12 and Ubuntu 22.04 have such) refuse.
    /// </summary>
    private static async Task AgreeOnVersionAsync()
    {
        const string Variable = "DOCKER_API_VERSION";
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 })
        {
            return;
        }

        using var client = new DockerClientBuilder().Build();
        try
        {
            var engine = await client.System.GetVersionAsync();
            if (Version.Parse(engine.APIVersion) < new Version(1, 44))
            {
                Environment.SetEnvironmentVariable(Variable, engine.APIVersion);
            }
        }
        catch (HttpRequestException)
        {
            // None there. Testcontainers looks in more places.
        }
    }
}
