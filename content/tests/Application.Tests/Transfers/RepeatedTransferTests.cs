using Application.Payees;
using Application.Tests.Sagas;
using Domain.Transfers;

namespace Application.Tests.Transfers;

public sealed class RepeatedTransferTests : TransferUseCases
{
    [Fact]
    public async Task A_repeated_transfer_gets_the_first_answer_and_moves_money_once()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));

        var first = await TransferAsync(Alice, from, $"{to}", 30, key: "k1");
        var second = await TransferAsync(Alice, from, $"{to}", 30, key: "k1");

        Assert.False(first.IsError);
        Assert.Equal(first.Value, second.Value);
        Assert.Equal(((70, 0), (30, 0)), (await HoldsAsync(Alice, from), await HoldsAsync(Bob, to)));
    }

    /// <summary>So the caller gets the status and the body that were lost on the way, and not another pair.</summary>
    [Fact]
    public async Task The_answer_of_a_transfer_that_was_reserved_stays_the_same_when_it_has_ended()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Carol));
        var first = await TransferAsync(Alice, from, $"{to}", 30, key: "k1");
        await UseCases.FinishAsync(Assert.Single(Started));

        var second = await TransferAsync(Alice, from, $"{to}", 30, key: "k1");

        Assert.Equal(TransferStatus.Reserved, second.Value.Status);
        Assert.Equal(first.Value, second.Value);
        Assert.Equal(TransferStatus.Posted, (await GetTransferAsync(Alice, first.Value.Id)).Status);
        Assert.Single(Started);
        Assert.Equal((70, 0), await HoldsAsync(Alice, from));
    }

    [Fact]
    public async Task A_repeated_transfer_to_a_handle_is_the_same_when_the_handle_leads_elsewhere()
    {
        var (from, to, other) = (await OpenAsync(Alice, 100), await OpenAsync(Bob), await OpenAsync(Bob));
        await UseCases.SendAsync(new SetHandle(Bob, "bob", to));
        var first = await TransferAsync(Alice, from, "bob", 30, key: "k1");
        await UseCases.SendAsync(new SetHandle(Bob, "bob", other));

        Assert.Equal(first.Value, (await TransferAsync(Alice, from, "bob", 30, key: "k1")).Value);

        await UseCases.SendAsync(new SetHandle(Bob, "robert", other));
        Assert.Equal(first.Value, (await TransferAsync(Alice, from, "bob", 30, key: "k1")).Value);
        Assert.Equal((70, 0), await HoldsAsync(Alice, from));
    }

    [Fact]
    public async Task The_key_of_another_transfer_is_refused_and_commits_nothing()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));
        await TransferAsync(Alice, from, $"{to}", 30, key: "k1");
        var before = UseCases.Commits;

        var refused = await TransferAsync(Alice, from, $"{to}", 31, key: "k1");

        Assert.Equal(("Idempotency.OtherRequest", ErrorType.Failure), (refused.FirstError.Code, refused.FirstError.Type));
        Assert.Equal(before, UseCases.Commits);
        Assert.Equal((70, 0), await HoldsAsync(Alice, from));
    }

    [Fact]
    public async Task A_refused_transfer_is_refused_again_whatever_has_changed_since_and_a_new_key_is_a_new_request()
    {
        var (from, to) = (await OpenAsync(Alice, 10, 10), await OpenAsync(Bob));
        var refused = await TransferAsync(Alice, from, $"{to}", 30, key: "k1");
        await TransferAsync(Bob, await OpenAsync(Bob, 10), $"{from}", 10);

        Assert.Equal(refused.FirstError, (await TransferAsync(Alice, from, $"{to}", 30, key: "k1")).FirstError);
        Assert.Equal((30, 0), await HoldsAsync(Alice, from));

        Assert.False((await TransferAsync(Alice, from, $"{to}", 30, key: "k2")).IsError);
        Assert.Equal((0, 0), await HoldsAsync(Alice, from));
    }
}
