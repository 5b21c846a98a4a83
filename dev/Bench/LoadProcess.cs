using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Colonnade.Dev.Bench;

/// <param name="Name">As tests/Benchmarks calls it.</param>
/// <param name="Waits">Whether clients that are refused wait as they are told.</param>
internal sealed record LoadKind(string Name, IReadOnlyList<Target> Targets, int Clients = 16, bool Waits = false);

/// <summary>What makes load, and is warm.</summary>
internal interface ILoad : IAsyncDisposable
{
    Task<Sample> MeasureAsync(CancellationToken cancellationToken);
}

/// <summary>
/// A process of tests/Benchmarks, which measures as often as it is asked to and stays warm in between, so that two of them
/// can take turns.
/// </summary>
internal sealed class LoadProcess : ILoad
{
    private readonly Process _process;
    private readonly ServerProcesses _servers;
    private readonly string _targets;

    private LoadProcess(Process process, ServerProcesses servers, string targets) =>
        (_process, _servers, _targets) = (process, servers, targets);

    /// <summary>Starts it, and waits until it is warm.</summary>
    /// <param name="server">That the load goes to; null for the service's own API.</param>
    public static async Task<LoadProcess> StartAsync(
        BenchBed bed,
        LoadKind kind,
        BenchOptions options,
        CancellationToken cancellationToken,
        BenchServer? server = null,
        IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        var targets = bed.File($"{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(targets, JsonSerializer.Serialize(kind.Targets, JsonSerializerOptions.Web), cancellationToken);
        var start = new ProcessStartInfo("dotnet", ["exec", BenchBed.Program, kind.Name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (key, value) in settings ?? [])
        {
            start.Environment[key] = value;
        }

        start.Environment["BENCH_CLIENTS"] = kind.Clients.ToString(CultureInfo.InvariantCulture);
        start.Environment["BENCH_SECONDS"] = options.Seconds.ToString(CultureInfo.InvariantCulture);
        start.Environment["BENCH_URL"] = bed.UrlOf(server).ToString();
        start.Environment["BENCH_TARGETS"] = targets;
        start.Environment["BENCH_WAITS"] = kind.Waits ? "1" : "0";
        var load = new LoadProcess(Process.Start(start)!, bed.ProcessesOf(server), targets);
        try
        {
            await load.ReadAsync(cancellationToken);
            return load;
        }
        catch
        {
            await load.DisposeAsync();
            throw;
        }
    }

    public async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var before = _servers.Now();
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync(cancellationToken);
        var measurement = JsonSerializer.Deserialize<Measurement>(await ReadAsync(cancellationToken), JsonSerializerOptions.Web)!;

        // What a server's runtime does is written ten times a second.
        await Task.Delay(200, cancellationToken);
        return new Sample(measurement, _servers.Now() - before);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        File.Delete(_targets);
    }

    private async Task<string> ReadAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken)
        ?? throw new BenchFailedException("The load ended; what it wrote on standard error is above.");
}
