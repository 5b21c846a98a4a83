namespace Application.Tests.Common;

public sealed class CommitBehaviorTests
{
    private readonly CommitCount _commits = new();
    private readonly InMemoryUnitOfWork _unitOfWork;

    public CommitBehaviorTests() => _unitOfWork = new InMemoryUnitOfWork(_commits);

    [Fact]
    public async Task A_command_is_committed_once_and_after_its_handler()
    {
        await HandleAsync(() =>
        {
            Assert.Equal(0, _commits.Value);
            return Result.Success;
        });

        Assert.Equal(1, _commits.Value);
    }

    [Fact]
    public async Task A_command_that_is_answered_with_an_error_is_not_committed()
    {
        var answer = await HandleAsync(() => Error.Conflict());

        Assert.Equal(ErrorType.Conflict, answer.FirstError.Type);
        Assert.Equal(0, _commits.Value);
    }

    [Fact]
    public async Task A_command_whose_handler_throws_is_not_committed()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => HandleAsync(() => throw new TimeoutException()));

        Assert.Equal(0, _commits.Value);
    }

    [Fact]
    public async Task A_handler_that_may_succeed_on_another_try_is_run_again_and_committed_once()
    {
        var runs = 0;

        var answer = await HandleAsync(() => ++runs < 3 ? throw new RetryableException() : Result.Success);

        Assert.False(answer.IsError);
        Assert.Equal((3, 1), (runs, _commits.Value));
    }

    [Fact]
    public async Task A_commit_that_may_succeed_on_another_try_runs_the_handler_again()
    {
        _commits.NextFailure = new RetryableException();
        var runs = 0;
        var stored = new List<int>();

        await HandleAsync(() =>
        {
            var run = ++runs;
            _unitOfWork.Enlist(() => stored.Add(run));
            return Result.Success;
        });

        Assert.Equal([2], stored);
        Assert.Equal(1, _commits.Value);
    }

    [Fact]
    public async Task What_another_try_does_not_help_is_thrown_at_once()
    {
        var runs = 0;

        await Assert.ThrowsAsync<TimeoutException>(
            () => HandleAsync(() => ++runs > 0 ? throw new TimeoutException() : Result.Success));

        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_command_in_a_unit_of_work_that_others_have_begun_is_not_run_again()
    {
        var runs = 0;
        _unitOfWork.Enlist(() => { });

        await Assert.ThrowsAsync<RetryableException>(
            () => HandleAsync(() => ++runs < 2 ? throw new RetryableException() : Result.Success));

        Assert.Equal((1, 0), (runs, _commits.Value));
        Assert.False(_unitOfWork.IsEmpty);
    }

    private async Task<ErrorOr<Success>> HandleAsync(Func<ErrorOr<Success>> handler) =>
        await new CommitBehavior<Command, ErrorOr<Success>>(_unitOfWork)
            .Handle(new Command(), (_, _) => new(handler()), TestContext.Current.CancellationToken);

    private sealed record Command : IBaseCommand;
}
