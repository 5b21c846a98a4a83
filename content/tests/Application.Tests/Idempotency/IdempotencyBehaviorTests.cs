using Application.Idempotency;
using Application.Tests.Common;
using Domain.Common;
using ErrorOr;

namespace Application.Tests.Idempotency;

public sealed class IdempotencyBehaviorTests
{
    private static readonly UserId Alice = UserId.FromSubject("alice");
    private static readonly UserId Bob = UserId.FromSubject("bob");

    private readonly KeyTable _keys = new();
    private int _runs;

    [Fact]
    public async Task A_repeated_command_gets_the_first_answer_and_is_not_done_again()
    {
        var first = await SendAsync(new Order(Alice, "k1", "tea", 2));
        var second = await SendAsync(new Order(Alice, "k1", "tea", 2));

        Assert.Equal(new Receipt(1, "tea", Note: null), first.Value);
        Assert.Equal(first.Value, second.Value);
        Assert.Equal(1, _runs);
    }

    [Theory]
    [InlineData("coffee", 2)]
    [InlineData("tea", 3)]
    public async Task The_key_of_another_request_is_refused_as_a_failure(string what, int count)
    {
        await SendAsync(new Order(Alice, "k1", "tea", 2));

        var refused = await SendAsync(new Order(Alice, "k1", what, count));

        Assert.Equal(IdempotencyErrors.OtherRequest, refused.FirstError);
        Assert.Equal(ErrorType.Failure, refused.FirstError.Type);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_key_whose_request_is_under_way_is_refused_as_a_conflict()
    {
        _keys.Rows[(Alice, "k1")] = ([], Answer: null);

        var refused = await SendAsync(new Order(Alice, "k1", "tea", 2));

        Assert.Equal(IdempotencyErrors.InProgress, refused.FirstError);
        Assert.Equal(ErrorType.Conflict, refused.FirstError.Type);
        Assert.Equal(0, _runs);
    }

    [Fact]
    public async Task The_same_request_with_another_key_or_of_another_user_is_a_new_one()
    {
        await SendAsync(new Order(Alice, "k1", "tea", 2));
        await SendAsync(new Order(Alice, "k2", "tea", 2));
        await SendAsync(new Order(Bob, "k1", "tea", 2));

        Assert.Equal(3, _runs);
    }

    [Fact]
    public async Task A_refused_command_leaves_its_key_free()
    {
        var refused = await SendAsync(new Order(Alice, "k1", "nothing", 0));
        var accepted = await SendAsync(new Order(Alice, "k1", "tea", 2));

        Assert.True(refused.IsError);
        Assert.False(accepted.IsError);
        Assert.Equal(2, _runs);
    }

    private async Task<ErrorOr<Receipt>> SendAsync(Order order)
    {
        var unitOfWork = new InMemoryUnitOfWork(new CommitCount());
        var behavior = new IdempotencyBehavior<Order, ErrorOr<Receipt>>(new InMemoryIdempotencyKeys(_keys, unitOfWork));
        var answer = await behavior.Handle(
            order,
            (command, _) =>
            {
                _runs++;
                return new(command.Count > 0 ? new Receipt(_runs, command.What, Note: null) : Error.Conflict());
            },
            TestContext.Current.CancellationToken);
        await unitOfWork.CommitAsync(TestContext.Current.CancellationToken);
        return answer;
    }

    /// <summary>Not an ICommand: the source generator would look for its handler.</summary>
    private sealed record Order(UserId Owner, string IdempotencyKey, string What, int Count) : IIdempotentCommand;

    private sealed record Receipt(int Number, string What, string? Note);
}
