using Application.Wallets;
using Domain.Wallets;

namespace Application.Tests.Wallets;

public sealed class WalletQueryTests : WalletUseCases
{
    [Fact]
    public async Task Nobody_sees_a_wallet_that_is_not_theirs()
    {
        var id = await OpenAsync(Alice, 1);

        Assert.Equal(ErrorType.NotFound, (await UseCases.SendAsync(new GetWallet(Bob, id))).FirstError.Type);
        Assert.Equal(ErrorType.NotFound, (await UseCases.SendAsync(new ListEntries(Bob, id, null, 10))).FirstError.Type);
        Assert.Empty((await UseCases.SendAsync(new ListWallets(Bob, null, 10))).Value.Items);
    }

    [Fact]
    public async Task Entries_are_listed_page_by_page_and_newest_first()
    {
        var id = await OpenAsync(Alice, 1, 2, 3, 4, 5);

        var first = (await UseCases.SendAsync(new ListEntries(Alice, id, After: null, Limit: 2))).Value;
        var second = (await UseCases.SendAsync(new ListEntries(Alice, id, new EntryId(first.Next!.Value), Limit: 2))).Value;
        var third = (await UseCases.SendAsync(new ListEntries(Alice, id, new EntryId(second.Next!.Value), Limit: 2))).Value;

        Assert.Equal([5, 4, 3, 2, 1], first.Items.Concat(second.Items).Concat(third.Items).Select(entry => entry.Amount));
        Assert.Null(third.Next);
    }

    [Fact]
    public async Task Wallets_are_listed_page_by_page_and_newest_first()
    {
        var opened = new[] { await OpenAsync(Alice), await OpenAsync(Alice), await OpenAsync(Alice) };
        await OpenAsync(Bob);

        var first = (await UseCases.SendAsync(new ListWallets(Alice, After: null, Limit: 2))).Value;
        var second = (await UseCases.SendAsync(new ListWallets(Alice, new WalletId(first.Next!.Value), Limit: 2))).Value;

        Assert.Equal(opened.Reverse().Select(id => id.Value), first.Items.Concat(second.Items).Select(wallet => wallet.Id));
        Assert.Null(second.Next);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Page.MaxLimit + 1)]
    [InlineData(int.MaxValue)]
    public async Task A_limit_out_of_range_is_refused(int limit)
    {
        var id = await OpenAsync(Alice);

        var wallets = await UseCases.SendAsync(new ListWallets(Alice, After: null, limit));
        var entries = await UseCases.SendAsync(new ListEntries(Alice, id, After: null, limit));

        Assert.Equal("limit", Assert.Single(wallets.Errors).FieldName());
        Assert.Equal("limit", Assert.Single(entries.Errors).FieldName());
    }

    [Fact]
    public async Task A_query_never_commits()
    {
        var id = await OpenAsync(Alice, 1);
        var before = UseCases.Commits;

        await UseCases.SendAsync(new GetWallet(Alice, id));
        await UseCases.SendAsync(new ListWallets(Alice, After: null, Limit: 10));
        await UseCases.SendAsync(new ListEntries(Alice, id, After: null, Limit: 10));

        Assert.Equal(before, UseCases.Commits);
    }
}
