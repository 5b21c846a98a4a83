namespace Fixtures;

/// <summary>
/// An instance of the API as a process, always on the same port, that can be killed, stopped and started again.
/// </summary>
internal sealed class ApiInstance(string name, string directory, IEnumerable<KeyValuePair<string, string>> settings)
    : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(150);

    private readonly KeyValuePair<string, string>[] _settings = [.. settings];
    private readonly string _crashFile = Path.Combine(directory, $"{name}.crash");
    private readonly ConcurrentQueue<string> _output = new();
    private readonly int _port = FreePort.Take(0, name);
    private Process? _process;

    public string Name => name;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>The last that it has said.</summary>
    public string Output => string.Join('\n', _output.TakeLast(40));

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>A client that sends the token of <paramref name="subject"/>.</summary>
    public HttpClient ClientOf(string subject) => new()
    {
        BaseAddress = Address,
        DefaultRequestHeaders = { Authorization = new("Bearer", TestService.TokenFor(subject)) },
    };

    /// <summary>Starts it unless it runs, and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!IsRunning)
        {
            Launch();
        }

        using var http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        for (var waited = Stopwatch.StartNew(); !await IsReadyAsync(http, cancellationToken); await Task.Delay(
            50, cancellationToken))
        {
            if (!IsRunning || waited.Elapsed > Timeout)
            {
                throw new InvalidOperationException($"{name} {(IsRunning ? "is not ready" : "has ended")}:\n{Output}");
            }
        }
    }

    /// <summary>Makes it die when it comes to a saga point.</summary>
    /// <param name="point">Name of the point, and after a space <c>saga/step</c> unless any step will do.</param>
    public void DieAt(string point)
    {
        File.Delete($"{_crashFile}.hit");
        File.WriteAllText($"{_crashFile}.new", point);
        File.Move($"{_crashFile}.new", _crashFile, overwrite: true);
    }

    /// <summary>Whether it died at the point, in time. If not, it will not any more.</summary>
    public async Task<bool> DiesAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(within);
        try
        {
            await _process!.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }

        File.Delete(_crashFile);
        return File.Exists($"{_crashFile}.hit") && !IsRunning;
    }

    /// <summary>As kill -9 does.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        File.Delete(_crashFile);
    }

    /// <summary>
    /// A process with these settings ends by itself and says why. A host in this process is no substitute: what it throws when
    /// its start fails is not always the reason.
    /// </summary>
    public static async Task FailsToStartAsync(
        IEnumerable<KeyValuePair<string, string>> settings, string reason, CancellationToken cancellationToken)
    {
        using var directory = new TestDirectory();
        await using var api = new ApiInstance("api", directory.Path, settings);
        var ended = await Assert.ThrowsAsync<InvalidOperationException>(() => api.StartAsync(cancellationToken));
        Assert.Contains("has ended", ended.Message, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => api.Output.Contains(reason, StringComparison.Ordinal));
    }

    public Task StopAsync() => SignalAsync("STOP");

    public Task ContinueAsync() => SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    private void Launch()
    {
        _process?.Dispose();
        var assembly = SolutionPaths.Assembly("Api");
        var start = new ProcessStartInfo(Services.DotNet, [assembly, "--contentRoot", Path.GetDirectoryName(assembly)!])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_URLS"] = Address.ToString();
        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        // It lives for a minute or so: no time to learn how it is used.
        start.Environment["DOTNET_TieredPGO"] = "0";
        StartupHook.AddTo(start);
        start.Environment[StartupHook.FileVariable] = _crashFile;
        foreach (var (key, value) in _settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Receive;
        _process.ErrorDataReceived += Receive;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Receive(object sender, DataReceivedEventArgs output)
    {
        if (output.Data is { } line)
        {
            _output.Enqueue(line);
            while (_output.Count > 400)
            {
                _output.TryDequeue(out _);
            }
        }
    }

    private async Task SignalAsync(string signal)
    {
        if (IsRunning)
        {
            using var kill = Process.Start("kill", ["-s", signal, $"{_process!.Id}"]);
            await kill.WaitForExitAsync();
        }
    }
}
