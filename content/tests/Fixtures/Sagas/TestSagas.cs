using Application.Sagas;
using ErrorOr;
using Mediator;

namespace Fixtures;

internal sealed record TestData(Guid Id, UserId From, UserId To);

/// <summary>Writes a row, so that every effect can be counted.</summary>
internal sealed record TestEffect(UserId Owner, Guid Saga, string Step) : ICommand<ErrorOr<Success>>;

/// <summary>Take from one user, give to another, settle with the first: all that is done can be undone.</summary>
internal sealed class UndoableSaga : Saga<TestData>
{
    public override string Name => "undoable";

    public override IReadOnlyList<SagaStep<TestData>> Steps { get; } =
    [
        new("take", data => data.From, Effect: null, (data, _) => new TestEffect(data.From, data.Id, "take back")),
        new("give", data => data.To, data => new TestEffect(data.To, data.Id, "give"), (data, _) =>
            new TestEffect(data.To, data.Id, "give back")),
        new("settle", data => data.From, data => new TestEffect(data.From, data.Id, "settle")),
    ];
}

/// <summary>The same with a gift that cannot be taken back.</summary>
internal sealed class PivotSaga : Saga<TestData>
{
    public override string Name => "pivot";

    public override IReadOnlyList<SagaStep<TestData>> Steps { get; } =
    [
        new("take", data => data.From, Effect: null, (data, _) => new TestEffect(data.From, data.Id, "take back")),
        new("give", data => data.To, data => new TestEffect(data.To, data.Id, "give")),
        new("settle", data => data.From, data => new TestEffect(data.From, data.Id, "settle")),
    ];
}

/// <summary>What the test wants a step to do, besides writing its row.</summary>
internal sealed class Script
{
    /// <summary>Effects of an <see cref="UndoableSaga"/> that is undone.</summary>
    public const string Undone = "take, give, give back, take back";

    private readonly ConcurrentDictionary<string, int> _calls = new();

    public delegate Task<ErrorOr<Success>> Step(
        TestEffect effect, int call, ShardContext context, CancellationToken cancellationToken);

    public Step Play { get; set; } = (_, _, _, _) => Task.FromResult<ErrorOr<Success>>(Result.Success);

    public static Step Refusing(string step) => (effect, _, _, _) => Task.FromResult<ErrorOr<Success>>(
        effect.Step == step ? Error.Conflict("No.Way", "It is forbidden.") : Result.Success);

    public int CallsOf(string step) => _calls.GetValueOrDefault(step);

    public Task<ErrorOr<Success>> RunAsync(TestEffect effect, ShardContext context, CancellationToken cancellationToken) =>
        Play(effect, _calls.AddOrUpdate(effect.Step, 1, (_, calls) => calls + 1), context, cancellationToken);
}

/// <summary>Stands in front of the Mediator, which knows only the use cases of Application.</summary>
internal sealed class TestSender(IMediator inner, Script script, ShardWriter writer, IUnitOfWork unitOfWork) : ISender
{
    public async ValueTask<TResponse> Send<TResponse>(ICommand<TResponse> command, CancellationToken cancellationToken = default)
    {
        if (command is not TestEffect effect)
        {
            return await inner.Send(command, cancellationToken);
        }

        var context = await writer.JoinAsync(effect.Owner, cancellationToken);
        await WriteAsync(context, effect, cancellationToken);
        var answer = await script.RunAsync(effect, context, cancellationToken);
        if (!answer.IsError)
        {
            await unitOfWork.CommitAsync(cancellationToken);
        }

        return (TResponse)(object)answer;
    }

    public static Task WriteAsync(ShardContext context, TestEffect effect, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync(
            $"INSERT INTO effects (saga, step, owner) VALUES ({effect.Saga}, {effect.Step}, {effect.Owner.Value})",
            cancellationToken);

    public ValueTask<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default) =>
        inner.Send(request, cancellationToken);

    public ValueTask<TResponse> Send<TResponse>(IQuery<TResponse> query, CancellationToken cancellationToken = default) =>
        inner.Send(query, cancellationToken);

    public ValueTask<object?> Send(object message, CancellationToken cancellationToken = default) =>
        inner.Send(message, cancellationToken);

    public IAsyncEnumerable<TResponse> CreateStream<TResponse>(
        IStreamQuery<TResponse> query, CancellationToken cancellationToken = default) =>
        inner.CreateStream(query, cancellationToken);

    public IAsyncEnumerable<TResponse> CreateStream<TResponse>(
        IStreamRequest<TResponse> request, CancellationToken cancellationToken = default) =>
        inner.CreateStream(request, cancellationToken);

    public IAsyncEnumerable<TResponse> CreateStream<TResponse>(
        IStreamCommand<TResponse> command, CancellationToken cancellationToken = default) =>
        inner.CreateStream(command, cancellationToken);

    public IAsyncEnumerable<object?> CreateStream(object message, CancellationToken cancellationToken = default) =>
        inner.CreateStream(message, cancellationToken);
}
