using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;

namespace Acme.Service.LocalHost;

/// <summary>A process that LocalHost runs through supervise.sh, so that it cannot outlive LocalHost.</summary>
internal sealed class Part : IAsyncDisposable
{
    /// <summary>Exit code of the topology scripts when their last line is meant for the person: EX_CONFIG.</summary>
    private const int ConfigurationError = 78;

    private static readonly TimeSpan s_killedAfter = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    private Part(string name, ProcessStartInfo start, Action<string, string> log)
    {
        Name = name;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Receive(line.Data);
        _process.ErrorDataReceived += (_, line) => Receive(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Ended = EndAsync();

        void Receive(string? line)
        {
            if (line is null)
            {
                return;
            }

            lock (_lastLines)
            {
                _lastLines.Enqueue(line);
                if (_lastLines.Count > 8)
                {
                    _lastLines.Dequeue();
                }
            }

            log(name, line);
        }
    }

    public string Name { get; }

    /// <summary>The exit code, once the process has ended and its output has been read.</summary>
    public Task<int> Ended { get; }

    /// <param name="name">Name in logs.</param>
    /// <param name="stopSignal">Signal that asks it to stop, such as TERM.</param>
    /// <param name="pidFile">File that exists while it runs.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">Added to LocalHost's own environment.</param>
    /// <param name="log">Gets name and line of what it prints.</param>
    public static Part Start(
        string name,
        string stopSignal,
        string pidFile,
        IEnumerable<string> command,
        IEnumerable<KeyValuePair<string, string>> environment,
        Action<string, string> log)
    {
        var supervisor = Path.Combine(AppContext.BaseDirectory, "supervise.sh");
        var start = new ProcessStartInfo("bash", [supervisor, stopSignal, pidFile, .. command])
        {
            // Standard input is the pipe that tells supervise.sh whether LocalHost lives.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        return new Part(name, start, log);
    }

    /// <summary>Waits until <paramref name="isReady"/> says so; a network or database error from it means not yet.</summary>
    /// <exception cref="LocalHostException">The part ended, or was not ready in time.</exception>
    public async Task WaitUntilReadyAsync(Func<CancellationToken, Task<bool>> isReady, CancellationToken ct)
    {
        var limit = TimeSpan.FromSeconds(60);
        var waited = Stopwatch.StartNew();
        Exception? last = null;
        while (!await IsReadyAsync())
        {
            if (await Task.WhenAny(Ended, Task.Delay(25, ct)) == Ended)
            {
                throw new LocalHostException(DescribeEnd());
            }

            if (waited.Elapsed > limit)
            {
                throw new LocalHostException($"{Name} was not ready within {limit.TotalSeconds} seconds. {last?.Message ?? LastLines()}");
            }
        }

        async Task<bool> IsReadyAsync()
        {
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(ct);
            attempt.CancelAfter(TimeSpan.FromSeconds(5));
            try
            {
                return await isReady(attempt.Token);
            }
            catch (Exception exception)
                when (exception is DbException or SocketException or HttpRequestException or OperationCanceledException)
            {
                ct.ThrowIfCancellationRequested();
                last = exception;
                return false;
            }
        }
    }

    /// <summary>Why an ended part ended, for people.</summary>
    public string DescribeEnd()
    {
        var code = Ended.Result;
        return code == ConfigurationError
            ? $"{Name} cannot start. {LastLines().Split('\n')[^1]}"
            : $"{Name} ended with exit code {code}.";
    }

    /// <summary>Stops it: closes the pipe, which tells supervise.sh.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await Ended.WaitAsync(s_killedAfter);
        }
        catch (TimeoutException)
        {
            // supervise.sh has killed the part by now, so what is left is supervise.sh itself.
            _process.Kill(entireProcessTree: true);
            await Ended;
        }

        _process.Dispose();
    }

    private async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    private string LastLines()
    {
        lock (_lastLines)
        {
            return string.Join('\n', _lastLines);
        }
    }
}
