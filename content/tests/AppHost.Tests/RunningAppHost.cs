using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aspire.Hosting.Testing;

namespace AppHost.Tests;

/// <summary>The AppHost with all that it starts, in a directory and on ports of this run, for the tests that share it.</summary>
public sealed class RunningAppHost : IAsyncLifetime
{
    private const string Issuer = "dotnet-user-jwts";
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(3);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    // Others may enter it: started by root, PostgreSQL runs as another user.
    private readonly DirectoryInfo _data =
        Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"apphost-{Path.GetRandomFileName()}"));

    private DistributedApplication _application = null!;

    public ResourceNotificationService Notifications => _application.ResourceNotifications;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // Containers or programs, as --servers takes them; by default what the AppHost itself chooses.
        var kind = Environment.GetEnvironmentVariable("APPHOST_SERVERS");
        string[] servers = string.IsNullOrEmpty(kind) ? [] : ["--servers", kind];
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [.. servers, "--data", _data.FullName, "--ephemeral-ports", "--DcpPublisher:WaitForResourceCleanup=false"],
            Cancellation);
        foreach (var process in builder.Resources.OfType<ProjectResource>())
        {
            builder.CreateResourceBuilder(process).WithEnvironment(context =>
            {
                // There is no dashboard to take telemetry, and a process waits for it at its end.
                context.EnvironmentVariables.Remove("OTEL_EXPORTER_OTLP_ENDPOINT");
                context.EnvironmentVariables["Authentication__Schemes__Bearer__SigningKeys__0__Issuer"] = Issuer;
                context.EnvironmentVariables["Authentication__Schemes__Bearer__SigningKeys__0__Value"] = Convert.ToBase64String(
                    _key);
            });
        }

        _application = await builder.BuildAsync(Cancellation);
        await _application.StartAsync(Cancellation).WaitAsync(s_timeout, Cancellation);
        await HealthyAsync(ResourceNames.Api);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _data.Delete(recursive: true);
    }

    /// <summary>A client of the API, with a token of <paramref name="user"/>.</summary>
    public HttpClient ClientOf(string user)
    {
        // Not CreateHttpClient, whose clients share their cookies, and so the positions of a timeline that is gone.
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false })
        {
            BaseAddress = _application.GetEndpoint(ResourceNames.Api, "http"),
        };
        client.DefaultRequestHeaders.Authorization = new("Bearer", TokenOf(user));
        return client;
    }

    /// <summary>Executes a command as the dashboard does, and gives its message.</summary>
    public async Task<string> ExecuteAsync(string resource, string command)
    {
        var result = await _application.ResourceCommands.ExecuteCommandAsync(resource, command, Cancellation);
        Assert.True(result.Success, result.Message);
        return result.Message ?? "";
    }

    /// <summary>While it is being restarted, a resource may look for a moment as if its start had failed.</summary>
    public Task HealthyAsync(string resource) => Notifications
        .WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable, Cancellation)
            .WaitAsync(s_timeout, Cancellation);

    /// <summary>Waits until the health text of a resource contains <paramref name="text"/>.</summary>
    public Task HealthTextAsync(string resource, string text) => Notifications.WaitForResourceAsync(
        resource,
        state => state.Snapshot.HealthReports.Any(report => report.Description?.Contains(text, StringComparison.Ordinal) == true),
        Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

    private string TokenOf(string user)
    {
        var now = DateTimeOffset.UtcNow;
        var signed = $"{Encode(new { alg = "HS256", typ = "JWT" })}." + Encode(new
        {
            sub = user,
            iss = Issuer,
            aud = $"http://localhost:{LocalPorts.Api}",
            nbf = now.AddMinutes(-1).ToUnixTimeSeconds(),
            exp = now.AddHours(1).ToUnixTimeSeconds(),
        });
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(object part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
}

/// <summary>The tests of one AppHost, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class SharedAppHost : ICollectionFixture<RunningAppHost>
{
    public const string Name = "AppHost";
}
