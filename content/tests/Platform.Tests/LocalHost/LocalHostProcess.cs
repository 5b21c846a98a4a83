namespace Platform.Tests.LocalHost;

/// <summary>LocalHost as people start it: the built program, in a process of its own.</summary>
internal sealed class LocalHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _firstLine = new();
    private readonly TaskCompletionSource _ready = new();

    private LocalHostProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Receive(line.Data);
        _process.ErrorDataReceived += (_, line) => Receive(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The built program.</summary>
    public static string Program { get; } = Path.ChangeExtension(typeof(LocalTopology).Assembly.Location, null);

    public static LocalHostProcess Start(string[] arguments, params (string Name, string? Value)[] environment) =>
        StartBy([], arguments, environment);

    /// <summary>Starts it by a command that takes it and its arguments, and becomes it.</summary>
    /// <param name="command">Program and first arguments; none to start it as it is.</param>
    /// <param name="arguments">Of LocalHost.</param>
    /// <param name="environment">Variables that are added; null takes one away.</param>
    public static LocalHostProcess StartBy(
        string[] command, string[] arguments, params (string Name, string? Value)[] environment)
    {
        string[] all = [.. command, Program, .. arguments];
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        StartupHook.AddTo(start);
        foreach (var (name, value) in environment)
        {
            start.Environment.Remove(name);
            if (value is not null)
            {
                start.Environment.Add(name, value);
            }
        }

        return new LocalHostProcess(start);
    }

    public static LocalHostProcess StartOn(TestDirectory directory, params (string Name, string? Value)[] environment) =>
        Start(["--ephemeral-ports", "--data", directory.Path], environment);

    public Task FirstLineAsync() => _firstLine.Task.WaitAsync(s_patience, Cancellation);

    public async Task ReadyAsync()
    {
        await Task.WhenAny(
            _ready.Task, _process.WaitForExitAsync(Cancellation), Task.Delay(s_patience, Cancellation));
        Assert.True(_ready.Task.IsCompleted, Output);
    }

    /// <summary>It and everything that it has started.</summary>
    public async Task<IReadOnlySet<int>> ProcessesAsync()
    {
        var all = await ListAsync();
        var found = new HashSet<int> { _process.Id };
        while (all.Any(process => found.Contains(process.Parent) && found.Add(process.Id)))
        {
        }

        return found;
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        return _process.ExitCode;
    }

    public Task SignalAsync(string signal) => RunAsync("kill", "-s", signal, $"{_process.Id}");

    public static Task SignalAsync(string signal, int process) => RunAsync("kill", "-s", signal, $"{process}");

    /// <summary>Waits a little, then fails for each of these processes that still runs.</summary>
    public static async Task AssertEndedAsync(IReadOnlySet<int> processes)
    {
        var waited = Stopwatch.StartNew();
        string[] left;
        do
        {
            left = [.. (await ListAsync()).Where(process => processes.Contains(process.Id)).Select(process => process.Command)];
        }
        while (left.Length > 0 && waited.Elapsed < TimeSpan.FromSeconds(10));

        Assert.Empty(left);
    }

    public static JsonElement State(TestDirectory directory) =>
        JsonDocument.Parse(File.ReadAllText(directory["state.json"])).RootElement;

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(); // What it started ends by itself.
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private static async Task<IReadOnlyList<(int Id, int Parent, string Command)>> ListAsync() =>
    [
        .. from line in (await RunAsync("ps", "-A", "-o", "pid=,ppid=,stat=,args="))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
           let fields = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries)
           where !fields[2].StartsWith('Z') // Has ended, and waits for its parent to notice.
           select (int.Parse(fields[0], null), int.Parse(fields[1], null), fields[^1]),
    ];

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private void Receive(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        _firstLine.TrySetResult();
        if (line.StartsWith("Ready in", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
