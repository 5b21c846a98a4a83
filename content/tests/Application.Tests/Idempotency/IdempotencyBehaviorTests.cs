using Application.Idempotency;

namespace Application.Tests.Idempotency;

public sealed class IdempotencyBehaviorTests
{
    private static readonly UserId Alice = UserId.Of("https://a.test", "alice");
    private static readonly UserId Bob = UserId.Of("https://a.test", "bob");

    private static readonly Error OutOfStock =
        Error.Conflict("Order.OutOfStock", "There is none.", new() { ["field"] = "what" });

    private readonly KeyTable _keys = new();
    private int _runs;
    private int _stored;

    [Fact]
    public async Task A_repeated_command_gets_the_first_answer_and_is_not_done_again()
    {
        var first = await SendAsync(NewOrder(Alice, "k1", "tea", 2));
        var second = await SendAsync(NewOrder(Alice, "k1", "tea", 2));

        Assert.Equal(new Receipt(1, "tea", Note: null), first.Value);
        Assert.Equal(first.Value, second.Value);
        Assert.Equal(1, _runs);
    }

    [Theory]
    [InlineData("coffee", 2)]
    [InlineData("tea", 3)]
    public async Task The_key_of_another_request_is_refused_as_a_failure(string what, int count)
    {
        await SendAsync(NewOrder(Alice, "k1", "tea", 2));

        var refused = await SendAsync(NewOrder(Alice, "k1", what, count));

        Assert.Equal(IdempotencyErrors.OtherRequest, refused.FirstError);
        Assert.Equal(ErrorType.Failure, refused.FirstError.Type);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_key_whose_request_is_under_way_is_refused_as_a_conflict()
    {
        _keys.Rows[(Alice, "k1")] = ([], Answer: null);

        var refused = await SendAsync(NewOrder(Alice, "k1", "tea", 2));

        Assert.Equal(IdempotencyErrors.InProgress, refused.FirstError);
        Assert.Equal(ErrorType.Conflict, refused.FirstError.Type);
        Assert.Equal(0, _runs);
    }

    [Fact]
    public async Task The_same_request_with_another_key_or_of_another_user_is_a_new_one()
    {
        await SendAsync(NewOrder(Alice, "k1", "tea", 2));
        await SendAsync(NewOrder(Alice, "k2", "tea", 2));
        await SendAsync(NewOrder(Bob, "k1", "tea", 2));

        Assert.Equal(3, _runs);
    }

    [Fact]
    public async Task A_refused_command_is_refused_again_without_being_done()
    {
        var refused = await SendAsync(NewOrder(Alice, "k1", "nothing", 0));
        var again = await SendAsync(NewOrder(Alice, "k1", "nothing", 0));
        var other = await SendAsync(NewOrder(Alice, "k1", "tea", 2));

        Assert.Equal((OutOfStock.Code, OutOfStock.Description, OutOfStock.Type),
            (refused.FirstError.Code, refused.FirstError.Description, refused.FirstError.Type));
        Assert.Equal(refused.FirstError.Code, again.FirstError.Code);
        Assert.Equal(
            (refused.FirstError.Description, refused.FirstError.Type), (again.FirstError.Description, again.FirstError.Type));
        Assert.Equal("what", again.FirstError.FieldName());
        Assert.Equal(IdempotencyErrors.OtherRequest, other.FirstError);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Nothing_that_a_command_did_before_it_was_refused_is_stored()
    {
        await SendAsync(NewOrder(Alice, "k1", "nothing", 0));

        Assert.Equal(0, _stored);
    }

    /// <summary>As after a release: the client sends what it sent before.</summary>
    [Fact]
    public async Task A_command_that_has_got_another_property_since_is_still_the_same_request()
    {
        var first = await SendAsync(NewOrder(Alice, "k1", "tea", 2));
        var later = await SendAsync(new LaterOrder(Alice, RequestKeys.Of("k1", "tea", 2), "tea", 2, Note: null));

        Assert.Equal(first.Value, later.Value);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_fingerprint_of_another_version_is_taken_for_the_same_request()
    {
        await SendAsync(NewOrder(Alice, "k1", "tea", 2));
        var (fingerprint, answer) = _keys.Rows[(Alice, "k1")];
        _keys.Rows[(Alice, "k1")] = ([9, .. fingerprint[1..]], answer);

        Assert.False((await SendAsync(NewOrder(Alice, "k1", "tea", 2))).IsError);
        Assert.Equal(1, _runs);
    }

    private static Order NewOrder(UserId owner, string key, string what, int count) =>
        new(owner, RequestKeys.Of(key, what, count), what, count);

    private async Task<ErrorOr<Receipt>> SendAsync<TOrder>(TOrder order)
        where TOrder : IOrder
    {
        var unitOfWork = new InMemoryUnitOfWork(new CommitCount());
        var behavior = new IdempotencyBehavior<TOrder, ErrorOr<Receipt>>(
            new InMemoryIdempotencyKeys(_keys, unitOfWork), unitOfWork);
        var answer = await behavior.Handle(
            order,
            (command, _) =>
            {
                _runs++;
                unitOfWork.Enlist(() => _stored++);
                return new(command.Count > 0 ? new Receipt(_runs, command.What, Note: null) : OutOfStock);
            },
            TestContext.Current.CancellationToken);
        if (!answer.IsError)
        {
            await unitOfWork.CommitAsync(TestContext.Current.CancellationToken);
        }

        return answer;
    }

    /// <summary>Not an ICommand: the source generator would look for its handler.</summary>
    private interface IOrder : IIdempotentCommand
    {
        string What { get; }

        int Count { get; }
    }

    private sealed record Order(UserId Owner, RequestKey Key, string What, int Count) : IOrder;

    private sealed record LaterOrder(UserId Owner, RequestKey Key, string What, int Count, string? Note) : IOrder;

    private sealed record Receipt(int Number, string What, string? Note);
}
