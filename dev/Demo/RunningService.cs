using System.Text.Json;

namespace Colonnade.Dev.Demo;

internal sealed record Endpoint(string Host, int Port);

/// <summary>What LocalHost writes to state.json when everything is up.</summary>
internal sealed record LocalState(Uri Api, Endpoint Primary, Endpoint Replica, Endpoint Redis, double Seconds);

/// <summary>A LocalHost with everything it started. Disposing stops it and waits until all of it is gone.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly CancellationTokenSource _stop = new();
    private readonly GeneratedSolution _solution;

    private RunningService(GeneratedSolution solution, IReadOnlyDictionary<string, string?> environment, Action<string> line)
    {
        _solution = solution;
        Ended = Shell.TryAsync(
            "dotnet", [solution.Assembly("src/LocalHost"), "--ephemeral-ports"], solution.Root, _stop.Token, line, environment);
    }

    /// <summary>Ends when LocalHost does; cancelled when it was stopped from here.</summary>
    public Task<Outcome> Ended { get; }

    public LocalState State { get; private set; } = null!;

    public static async Task<RunningService> StartAsync(
        GeneratedSolution solution, IReadOnlyDictionary<string, string?> environment, Action<string> line, CancellationToken cancellationToken)
    {
        var service = new RunningService(solution, environment, line);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(s_patience);
            while (!File.Exists(service.Local("state.json")))
            {
                if (service.Ended.IsCompleted)
                {
                    throw new CommandFailedException("LocalHost", await service.Ended);
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
}
