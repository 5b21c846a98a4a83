using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;

namespace LocalHost;

/// <summary>A process that LocalHost runs through run.sh, so that it cannot outlive LocalHost.</summary>
internal sealed class Part : IAsyncDisposable
{
    /// <summary>Exit code of the topology scripts when their last line is meant for the person: EX_CONFIG.</summary>
    private const int ConfigurationError = 78;

    private static readonly TimeSpan s_readyWithin = TimeSpan.FromSeconds(60);

    /// <summary>run.sh kills after 15 seconds.</summary>
    private static readonly TimeSpan s_endsWithin = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly ServerAddress? _listen;
    private string _lastLine = "";

    /// <summary>Starts the process.</summary>
    /// <param name="name">Name in logs.</param>
    /// <param name="supervised">Program and arguments, those of run.sh with a pipe.</param>
    /// <param name="environment">Added to LocalHost's own environment.</param>
    /// <param name="log">Gets name and line of what it prints.</param>
    /// <param name="listen">Where it listens; null for nowhere.</param>
    public Part(
        string name,
        IEnumerable<string> supervised,
        IEnumerable<KeyValuePair<string, string>> environment,
        Action<string, string> log,
        ServerAddress? listen)
    {
        (Name, _listen) = (name, listen);
        var start = new ProcessStartInfo(supervised.First(), supervised.Skip(1))
        {
            // Standard input is the pipe that tells run.sh whether LocalHost lives.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Receive;
        _process.ErrorDataReceived += Receive;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Ended = EndAsync();

        void Receive(object sender, DataReceivedEventArgs output)
        {
            if (output.Data is { } line)
            {
                Volatile.Write(ref _lastLine, line);
                log(name, line);
            }
        }
    }

    public string Name { get; }

    /// <summary>The exit code, once the process has ended and its output has been read.</summary>
    public Task<int> Ended { get; }

    /// <summary>Waits until <paramref name="isReady"/> says so; a network or database error from it means not yet.</summary>
    /// <exception cref="LocalHostException">The part ended, or was not ready in time.</exception>
    public async Task WaitUntilReadyAsync(Func<CancellationToken, Task<bool>> isReady, CancellationToken ct)
    {
        var waited = Stopwatch.StartNew();
        Exception? last = null;
        while (!await IsReadyAsync())
        {
            if (await Task.WhenAny(Ended, Task.Delay(25, ct)) == Ended)
            {
                if (_listen is not null)
                {
                    // Another program may have taken the port since it was found free, and then this says so.
                    FreePort.Take(_listen.Port, Name);
                }

                throw new LocalHostException(DescribeEnd());
            }

            if (waited.Elapsed > s_readyWithin)
            {
                throw new LocalHostException(
                    $"{Name} was not ready within {s_readyWithin.TotalSeconds} seconds. {last?.Message}", last);
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
    public string DescribeEnd() =>
        Ended.Result == ConfigurationError
            ? $"{Name} cannot start. {_lastLine}"
            : $"{Name} ended with exit code {Ended.Result}. Its last line was: {_lastLine}";

    /// <summary>Stops it: closes the pipe, which tells run.sh.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await Ended.WaitAsync(s_endsWithin);
        }
        catch (TimeoutException)
        {
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
}
