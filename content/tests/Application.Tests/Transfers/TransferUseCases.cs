using Application.Payees;
using Application.Sagas;
using Application.Tests.Idempotency;
using Application.Tests.Payees;
using Application.Tests.Sagas;
using Application.Tests.Wallets;
using Application.Transfers;
using Application.Wallets;
using Domain.Wallets;

namespace Application.Tests.Transfers;

/// <summary>Base of tests of transfers. Alice and Bob are on one shard, and Carol is on the other.</summary>
public abstract class TransferUseCases : WalletUseCases
{
    protected static readonly UserId Carol = UserId.Of("https://a.test", "carol");

    private readonly StartedSagas _sagas;

    protected TransferUseCases()
        : this(new StartedSagas())
    {
    }

    private TransferUseCases(StartedSagas sagas)
        : base(ports => ports
            .AddSingleton(sagas)
            .AddScoped<ISagas, RecordedSagas>()
            .AddSingleton<PayeeTable>()
            .AddScoped<IPayeeRepository, InMemoryPayeeRepository>()
            .AddScoped<IPayeeReader, InMemoryPayeeReader>()
            .AddScoped<IPayeeLookup, InMemoryPayeeLookup>()
            .AddSingleton<TransferTable>()
            .AddScoped<ITransferRepository, InMemoryTransferRepository>()
            .AddScoped<ITransferReader, InMemoryTransferReader>()) => _sagas = sagas;

    private protected IReadOnlyList<StartedSaga> Started => _sagas.All;

    /// <summary>With a key of its own, a second after the last thing that happened.</summary>
    protected Task<ErrorOr<TransferView>> TransferAsync(
        UserId owner, WalletId from, string to, long amount, string currency = "EUR", string? key = null)
    {
        UseCases.Clock.Now += TimeSpan.FromSeconds(1);
        return UseCases.SendAsync(new MakeTransfer(
            owner, from, to, amount, currency, RequestKeys.Of(key ?? $"{Guid.NewGuid()}", from, to, amount, currency)));
    }

    protected async Task<(long Balance, long Pending)> HoldsAsync(UserId owner, WalletId wallet)
    {
        var view = (await UseCases.SendAsync(new GetWallet(owner, wallet))).Value;
        return (view.Balance, view.Pending);
    }

    protected async Task<IReadOnlyList<EntryView>> EntriesAsync(UserId owner, WalletId wallet) =>
        (await UseCases.SendAsync(new ListEntries(owner, wallet, After: null, Limit: 100))).Value.Items;

    protected async Task<TransferView> GetTransferAsync(UserId owner, Guid id) =>
        (await UseCases.SendAsync(new GetTransfer(owner, new TransferId(id)))).Value;
}
