namespace Platform.Common;

/// <summary>
/// When a server is asked how it is: often while requests use it, seldom while none does. The first that uses it again waits
/// for an answer, so what requests know of a server is never older than the pause between two quick probes.
/// </summary>
internal sealed class ProbePace
{
    private const long QuickFor = 5_000;
    private const long Noted = 100;

    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(15);

    /// <summary>How long the first use waits for a server that does not answer.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(300);

    private readonly Lock _gate = new();
    private TaskCompletionSource _answered = NewSignal();
    private Task _firstAnswer = Task.CompletedTask;
    private long _usedAt = long.MinValue / 2;

    public bool IsIdle => Environment.TickCount64 - Volatile.Read(ref _usedAt) > QuickFor;

    private Wakeup Asked { get; } = new();

    /// <summary>To be called for each use of these servers.</summary>
    /// <returns>Completed, unless one was idle and has not answered since.</returns>
    public static Task UsedAsync<T>(ReadOnlySpan<T> servers, Func<T, ProbePace> paceOf)
    {
        var used = Task.CompletedTask;
        foreach (var server in servers)
        {
            var asked = paceOf(server).UsedAsync();
            used = asked.IsCompleted ? used : Task.WhenAll(used, asked);
        }

        return used;
    }

    private Task UsedAsync()
    {
        var now = Environment.TickCount64;
        if (now - Volatile.Read(ref _usedAt) < Noted)
        {
            return Volatile.Read(ref _firstAnswer);
        }

        lock (_gate)
        {
            if (IsIdle)
            {
                _firstAnswer = Task.WhenAny(RefreshAsync(), Task.Delay(Timeout));
            }

            Volatile.Write(ref _usedAt, now);
            return _firstAnswer;
        }
    }

    /// <summary>Has the probe ask at once.</summary>
    /// <returns>Completes when an answer has come, or has not come in time.</returns>
    public Task RefreshAsync()
    {
        var answered = Volatile.Read(ref _answered).Task;
        Asked.Wake();
        return answered;
    }

    /// <summary>For the probe, which has asked: until it is time to ask again.</summary>
    /// <param name="shortest">Pause before a probe that is asked for.</param>
    /// <param name="quick">Pause while the server is used.</param>
    public async Task AnsweredAsync(TimeSpan shortest, TimeSpan quick, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _answered, NewSignal()).SetResult();
        await Task.Delay(shortest, cancellationToken);
        await Asked.WaitAsync(Backoff.Jittered(IsIdle && quick < Slow ? Slow : quick), cancellationToken);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
