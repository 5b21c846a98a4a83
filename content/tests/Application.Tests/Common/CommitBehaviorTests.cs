using Acme.Service.Application.Common;
using ErrorOr;
using Mediator;

namespace Acme.Service.Application.Tests.Common;

public sealed class CommitBehaviorTests
{
    private readonly CommitCount _commits = new();

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

    private async Task<ErrorOr<Success>> HandleAsync(Func<ErrorOr<Success>> handler) =>
        await new CommitBehavior<Command, ErrorOr<Success>>(new InMemoryUnitOfWork(_commits))
            .Handle(new Command(), (_, _) => new(handler()), TestContext.Current.CancellationToken);

    private sealed record Command : IBaseCommand;
}
