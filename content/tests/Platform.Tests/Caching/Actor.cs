using Platform.Caching;
using StackExchange.Redis;

namespace Platform.Tests.Caching;

/// <summary>Something that is done step by step: it stops at each gate until it is told to go on.</summary>
internal sealed class Actor
{
    private static readonly AsyncLocal<Actor?> Running = new();

    private TaskCompletionSource _parked = NewSignal();
    private TaskCompletionSource _go = NewSignal();

    private Actor()
    {
    }

    /// <summary>Whether Redis answers this actor's next question, and if not, whether it does what was asked.</summary>
    public (bool Does, bool Answers) Next { get; set; } = (true, true);

    public Task Work { get; private set; } = Task.CompletedTask;

    public bool IsDone => Work.IsCompleted;

    public static Actor? Current => Running.Value;

    /// <summary>Returns when it has come to its first gate, or to its end.</summary>
    public static async Task<Actor> StartAsync(Func<Task> work)
    {
        var actor = new Actor();
        actor.Work = Task.Run(() =>
        {
            Running.Value = actor;
            return work();
        });
        await Task.WhenAny(actor._parked.Task, actor.Work);
        return actor;
    }

    public static Task GateAsync() => Current?.ParkAsync() ?? Task.CompletedTask;

    /// <summary>Lets it go through its gate, and returns when it has come to the next, or to its end.</summary>
    public async Task StepAsync()
    {
        (var go, _parked, _go) = (_go, NewSignal(), NewSignal());
        go.SetResult();
        await Task.WhenAny(_parked.Task, Work);
    }

    public async Task FinishAsync()
    {
        while (!IsDone)
        {
            await StepAsync();
        }

        await Work;
    }

    private Task ParkAsync()
    {
        var go = _go;
        _parked.SetResult();
        return go.Task;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A gate before each question to Redis, so that anything can happen in between.</summary>
internal sealed class SteppedCircuit(IConnectionMultiplexer redis, IOptions<CacheOptions> options, CacheTelemetry telemetry)
    : RedisCircuit(redis, options, telemetry)
{
    public override async ValueTask<(bool Answered, T? Answer)> AskAsync<T>(Func<IDatabase, Task<T>> ask)
        where T : default
    {
        await Actor.GateAsync();
        var (does, answers) = Actor.Current?.Next ?? (true, true);
        var answer = does ? await base.AskAsync(ask) : default;
        return answers ? answer : default;
    }
}
