using System.Collections.Concurrent;
using System.Diagnostics;
using Colonnade.Dev.Demo;

namespace Template.Tests;

/// <summary>The AppHost of a generated solution as a process: servers from programs, a temporary directory for it alone.</summary>
internal sealed class AppHostProcess : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(4);

    private readonly GeneratedSolution _solution;
    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("apphost-");
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;

    private AppHostProcess(GeneratedSolution solution, string[] options)
    {
        _solution = solution;
        var start = new ProcessStartInfo(
            "dotnet", [solution.Assembly(RunningService.HostProject(aspire: true)), "--ephemeral-ports", "--servers", "programs", .. options])
        {
            WorkingDirectory = solution.File(RunningService.HostProject(aspire: true)),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = _temporary.FullName;
        // Tells the exit code of each part.
        start.Environment["Logging__LogLevel__Aspire.Hosting.ApplicationModel.ResourceNotificationService"] = "Trace";
        foreach (var (name, value) in RunningService.DashboardEnvironment())
        {
            start.Environment[name] = value;
        }

        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => string.Join('\n', _output);

    /// <summary>What its parts have printed, while it runs: the orchestrator keeps it in files.</summary>
    public string OutputOfParts => string.Join('\n', _temporary.EnumerateDirectories("aspire-dcp*")
        .SelectMany(directory => directory.EnumerateFiles())
        .Where(file => file.Name[^4..] is "_out" or "_err")
        .Select(file => File.ReadAllText(file.FullName)));

    /// <summary>Temporary files and directories that it has left, NuGet's lasting one (NuGetScratchroot) apart.</summary>
    public IEnumerable<FileSystemInfo> Left => _temporary.EnumerateFileSystemInfos()
        .Where(entry => !entry.Name.StartsWith("NuGetScratch", StringComparison.Ordinal));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Returns once the API is ready.</summary>
    public static async Task<AppHostProcess> StartAsync(GeneratedSolution solution, params string[] options)
    {
        var state = solution.File(".local/state.json");
        if (File.Exists(state))
        {
            File.Delete(state); // A host that was killed has left it.
        }

        var host = new AppHostProcess(solution, options);
        for (var waited = Stopwatch.StartNew(); !File.Exists(state); await Task.Delay(50, Cancelled))
        {
            Assert.True(waited.Elapsed < s_timeout && !host._process.HasExited, host.Output);
        }

        return host;
    }

    /// <param name="name">TERM or KILL.</param>
    public void Signal(string name) => Process.Start("kill", [$"-{name}", $"{_process.Id}"]).WaitForExit();

    /// <summary>Returns the exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(Cancelled).WaitAsync(s_timeout, Cancelled);
        return _process.ExitCode;
    }

    /// <summary>Ids of it and all that it has started. The orchestrator is its own session, and knows whom it serves.</summary>
    public async Task<IReadOnlySet<int>> ProcessesAsync()
    {
        var all = await ListAsync();
        var found = all.Where(process => process.Command.Contains($"--monitor {_process.Id} ", StringComparison.Ordinal))
            .Select(process => process.Id).Append(_process.Id).ToHashSet();
        while (all.Any(process => found.Contains(process.Parent) && found.Add(process.Id)))
        {
        }

        return found;
    }

    /// <summary>Commands of those among <paramref name="processes"/> that still run after <paramref name="seconds"/>.</summary>
    public static async Task<IReadOnlyList<string>> LeftAsync(IReadOnlySet<int> processes, int seconds)
    {
        string[] left;
        var waited = Stopwatch.StartNew();
        do
        {
            await Task.Delay(200, Cancelled);
            left = [.. (await ListAsync()).Where(process => processes.Contains(process.Id)).Select(process => process.Command)];
        }
        while (left.Length > 0 && waited.Elapsed.TotalSeconds < seconds);

        return left;
    }

    /// <summary>What pg_controldata says of a server's data.</summary>
    public async Task<string> ClusterStateAsync(string server)
    {
        const string Programs = "(PostgreSQL in ";
        var line = _output.First(line => line.Contains(Programs, StringComparison.Ordinal));
        var directory = line.Split(Programs)[1].Split(')')[0];
        var outcome = await Shell.RunAsync(
            Path.Combine(directory, "pg_controldata"), [_solution.File($".local/{server}/data")], _solution.Root, Cancelled);
        const string State = "Database cluster state:";
        return outcome.Output.Single(text => text.StartsWith(State, StringComparison.Ordinal))[State.Length..].Trim();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Signal("TERM");
            _process.WaitForExit(s_timeout);
        }

        _process.Dispose();
        _temporary.Delete(recursive: true);
    }

    private static async Task<IReadOnlyList<(int Id, int Parent, string Command)>> ListAsync()
    {
        var processes = await Shell.RunAsync("ps", ["-A", "-ww", "-o", "pid=,ppid=,stat=,args="], Path.GetTempPath(), Cancelled);
        return
        [
            .. from line in processes.Output
               let fields = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries)
               where fields.Length == 4 && !fields[2].StartsWith('Z') // Has ended, and waits for its parent to notice.
               select (int.Parse(fields[0], null), int.Parse(fields[1], null), fields[3]),
        ];
    }
}
