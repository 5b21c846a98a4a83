using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Colonnade.Dev.Bench;

/// <summary>A server beside the service's own API, as a process that ends with this.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly Process _process;

    private BenchServer(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public int ProcessId => _process.Id;

    /// <summary>Starts it, and waits until it answers.</summary>
    /// <param name="command">Assembly and arguments.</param>
    /// <param name="health">Path that answers with success once it is ready.</param>
    public static async Task<BenchServer> StartAsync(
        IEnumerable<string> command, string health, string directory, IEnumerable<KeyValuePair<string, string?>> environment, CancellationToken cancellationToken)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", ["exec", .. command]) { WorkingDirectory = directory };
        foreach (var (key, value) in environment.Append(new("ASPNETCORE_URLS", url.ToString())))
        {
            start.Environment[key] = value;
        }

        var server = new BenchServer(Process.Start(start)!, url);
        try
        {
            await server.WaitAsync(health, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitAsync(string health, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Url };
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(health, UriKind.Relative), cancellationToken);
                response.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (attempt < 300 && !_process.HasExited)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
