using Application.Transfers;
using Domain.Wallets;

namespace Application.Tests.Transfers;

public sealed class TransferQueryTests : TransferUseCases
{
    [Fact]
    public async Task The_payee_and_others_do_not_see_the_payers_transfer()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));
        var transfer = (await TransferAsync(Alice, from, $"{to}", 30)).Value;

        var asked = await UseCases.SendAsync(new GetTransfer(Bob, new TransferId(transfer.Id)));

        Assert.Equal("Transfer.NotFound", asked.FirstError.Code);
        Assert.Empty((await UseCases.SendAsync(new ListTransfers(Bob, After: null, Limit: 10))).Value.Items);
    }

    [Fact]
    public async Task Transfers_are_listed_page_by_page_and_newest_first()
    {
        var (from, to) = (await OpenAsync(Alice, 100), await OpenAsync(Bob));
        foreach (var amount in (long[])[1, 2, 3])
        {
            await TransferAsync(Alice, from, $"{to}", amount);
        }

        var first = (await UseCases.SendAsync(new ListTransfers(Alice, After: null, Limit: 2))).Value;
        var second = (await UseCases.SendAsync(new ListTransfers(Alice, new TransferId(first.Next!.Value), Limit: 2))).Value;

        Assert.Equal([3, 2, 1], first.Items.Concat(second.Items).Select(transfer => transfer.Amount));
        Assert.Null(second.Next);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Page.MaxLimit + 1)]
    public async Task A_limit_out_of_range_is_refused(int limit) => Assert.Equal(
        "limit", Assert.Single((await UseCases.SendAsync(new ListTransfers(Alice, After: null, limit))).Errors).FieldName());
}
