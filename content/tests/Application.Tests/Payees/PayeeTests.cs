using Application.Payees;
using Application.Tests.Wallets;
using Application.Wallets;
using Domain.Wallets;

namespace Application.Tests.Payees;

public sealed class PayeeTests() : WalletUseCases(ports => ports
    .AddSingleton<PayeeTable>()
    .AddScoped<IPayeeRepository, InMemoryPayeeRepository>()
    .AddScoped<IPayeeReader, InMemoryPayeeReader>()
    .AddScoped<IPayeeLookup, InMemoryPayeeLookup>())
{
    [Fact]
    public async Task A_handle_leads_everybody_to_the_wallet()
    {
        var wallet = await OpenAsync(Alice);

        var set = await UseCases.SendAsync(new SetHandle(Alice, "alice", wallet));

        Assert.Equal(new PayeeView("alice", wallet.Value), set.Value);
        Assert.Equal(set.Value, (await UseCases.SendAsync(new GetPayee("alice"))).Value);
    }

    [Fact]
    public async Task A_handle_of_another_user_is_refused_and_stays_theirs()
    {
        var alices = await OpenAsync(Alice);
        var bobs = await OpenAsync(Bob);
        await UseCases.SendAsync(new SetHandle(Alice, "alice", alices));

        await AssertRefusedAsync(new SetHandle(Bob, "alice", bobs), "Payee.HandleTaken", ErrorType.Conflict);

        Assert.Equal(alices.Value, (await UseCases.SendAsync(new GetPayee("alice"))).Value.Wallet);
    }

    [Fact]
    public async Task A_user_has_one_handle_and_may_change_it_and_its_wallet()
    {
        var (first, second) = (await OpenAsync(Alice), await OpenAsync(Alice));
        await UseCases.SendAsync(new SetHandle(Alice, "alice", first));

        await UseCases.SendAsync(new SetHandle(Alice, "alice-b", second));

        Assert.Equal("Payee.NotFound", (await UseCases.SendAsync(new GetPayee("alice"))).FirstError.Code);
        Assert.Equal(second.Value, (await UseCases.SendAsync(new GetPayee("alice-b"))).Value.Wallet);
    }

    [Fact]
    public async Task A_handle_leads_to_no_wallet_of_another_user()
    {
        var bobs = await OpenAsync(Bob);

        await AssertRefusedAsync(new SetHandle(Alice, "alice", bobs), "Wallet.NotFound", ErrorType.NotFound);
    }

    [Fact]
    public async Task A_handle_leads_to_no_wallet_that_takes_no_money()
    {
        var wallet = await OpenAsync(Alice);

        await UseCases.SendAsync(new SetWalletStatus(Alice, wallet, WalletStatus.Frozen));
        await AssertRefusedAsync(new SetHandle(Alice, "alice", wallet), "Wallet.Frozen", ErrorType.Conflict);

        await UseCases.SendAsync(new SetWalletStatus(Alice, wallet, WalletStatus.Closed));
        await AssertRefusedAsync(new SetHandle(Alice, "alice", wallet), "Wallet.Closed", ErrorType.Conflict);
    }

    [Fact]
    public async Task A_malformed_handle_is_refused_when_it_is_set_and_when_it_is_asked_for()
    {
        var wallet = await OpenAsync(Alice);

        await AssertRefusedAsync(new SetHandle(Alice, "Alice!", wallet), "Handle.Malformed", ErrorType.Validation);

        Assert.Equal("Handle.Malformed", (await UseCases.SendAsync(new GetPayee("Alice!"))).FirstError.Code);
    }

    private async Task AssertRefusedAsync(SetHandle command, string code, ErrorType type)
    {
        var before = UseCases.Commits;

        var refused = await UseCases.SendAsync(command);

        Assert.Equal((code, type), (refused.FirstError.Code, refused.FirstError.Type));
        Assert.Equal(before, UseCases.Commits);
    }
}
