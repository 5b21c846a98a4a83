using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Colonnade.Dev.Demo;

internal sealed record Endpoint(string Host, int Port);

/// <summary>Where everything listens.</summary>
/// <param name="Seconds">How long the start took, by the host's own clock or by ours.</param>
internal sealed record LocalState(Uri Api, Endpoint Primary, Endpoint Replica, Endpoint Redis, double Seconds);

/// <summary>A host, AppHost or LocalHost, with everything it started. Disposing stops it and waits until all of it is gone.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly CancellationTokenSource _stop = new();
    private readonly GeneratedSolution _solution;

    private RunningService(
        GeneratedSolution solution, bool aspire, string? servers, IReadOnlyDictionary<string, string?> environment,
        Action<string> line)
    {
        _solution = solution;
        var project = HostProject(aspire);
        Ended = Shell.TryAsync(
            "dotnet",
            [solution.Assembly(project), "--ephemeral-ports", .. servers is null ? [] : new[] { "--servers", servers }],
            aspire ? solution.File(project) : solution.Root,
            _stop.Token,
            text =>
            {
                const string Login = "Login URL:";
                if (text.IndexOf(Login, StringComparison.Ordinal) is >= 0 and var at)
                {
                    Dashboard = new Uri(text[(at + Login.Length)..].Trim());
                }

                line(text);
            },
            aspire ? environment.Concat(DashboardEnvironment()).ToDictionary() : environment);
    }

    /// <summary>Ends when the host does; cancelled when it was stopped from here.</summary>
    public Task<Outcome> Ended { get; }

    public LocalState State { get; private set; } = null!;

    /// <summary>The address that signs in to the dashboard; null without Aspire.</summary>
    public Uri? Dashboard { get; private set; }

    /// <summary>The project that runs the servers and the API.</summary>
    public static string HostProject(bool aspire) => aspire ? "hosts/AppHost" : "hosts/LocalHost";

    public static async Task<RunningService> StartAsync(
        GeneratedSolution solution,
        IReadOnlyDictionary<string, string?> environment,
        Action<string> line,
        CancellationToken cancellationToken,
        bool aspire = false,
        string? servers = null)
    {
        var service = new RunningService(solution, aspire, servers, environment, line);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(s_patience);
            while (!File.Exists(service.Local("state.json")))
            {
                if (service.Ended.IsCompleted)
                {
                    throw new CommandFailedException(HostProject(aspire), await service.Ended);
                }

                await Task.Delay(100, timeout.Token);
            }

            service.State = JsonSerializer.Deserialize<LocalState>(
                await File.ReadAllTextAsync(service.Local("state.json"), cancellationToken), s_json)!;
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection as one of the service's own roles, which proves the server by its certificate.</summary>
    public string ConnectionString(Endpoint server, string database, string role) =>
        $"Host={server.Host};Port={server.Port};Database={database};Username={role};"
        + $"Password={File.ReadAllText(Local("secrets", role))};SSL Mode=VerifyFull;Root Certificate={Local("certificates", "ca.crt")}";

    public string RedisConnectionString => $"{State.Redis.Host}:{State.Redis.Port},password={File.ReadAllText(Local("secrets", "redis"))}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Ended.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private string Local(params string[] path) => Path.Combine([_solution.Root, ".local", .. path]);

    /// <summary>What a launch profile sets, with free ports and without the need of a trusted certificate.</summary>
    public static Dictionary<string, string?> DashboardEnvironment() => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
        ["DOTNET_ENVIRONMENT"] = "Development",
        ["ASPNETCORE_URLS"] = FreeUrl(),
        ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = FreeUrl(),
        ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = FreeUrl(),
        ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
    };

    private static string FreeUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
