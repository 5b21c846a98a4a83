using Application.Payees;
using Application.Tests.Wallets;
using Domain.Payees;
using Domain.Wallets;

namespace Application.Tests.Payees;

internal sealed class PayeeTable
{
    public Dictionary<Handle, Payee> Payees { get; } = [];
}

internal sealed class InMemoryPayeeRepository(PayeeTable table, InMemoryUnitOfWork unitOfWork) : IPayeeRepository
{
    public Task<bool> SetAsync(Payee payee, CancellationToken cancellationToken)
    {
        if (table.Payees.TryGetValue(payee.Handle, out var found) && found.Owner != payee.Owner)
        {
            return Task.FromResult(false);
        }

        unitOfWork.Enlist(() =>
        {
            foreach (var old in table.Payees.Values.Where(row => row.Owner == payee.Owner).ToArray())
            {
                table.Payees.Remove(old.Handle);
            }

            table.Payees.Add(payee.Handle, payee);
        });
        return Task.FromResult(true);
    }
}

internal sealed class InMemoryPayeeReader(PayeeTable table) : IPayeeReader
{
    public Task<PayeeView?> FindAsync(Handle handle, CancellationToken cancellationToken) =>
        Task.FromResult(table.Payees.TryGetValue(handle, out var payee)
            ? new PayeeView(payee.Handle.Value, payee.WalletId.Value)
            : null);
}

/// <summary>Fails when the unit of work has begun: no transaction waits for another database.</summary>
internal sealed class InMemoryPayeeLookup(PayeeTable table, WalletTable wallets, InMemoryUnitOfWork unitOfWork) : IPayeeLookup
{
    public Task<PayeeAccount?> FindAsync(Handle handle, CancellationToken cancellationToken)
    {
        Assert.True(unitOfWork.IsEmpty);
        return Task.FromResult(table.Payees.TryGetValue(handle, out var payee)
            ? new PayeeAccount(payee.Owner, payee.WalletId)
            : null);
    }

    public Task<PayeeAccount?> FindAsync(WalletId wallet, CancellationToken cancellationToken)
    {
        Assert.True(unitOfWork.IsEmpty);
        return Task.FromResult(wallets.Wallets.TryGetValue(wallet, out var found)
            ? new PayeeAccount(found.Owner, wallet)
            : null);
    }

    public Task<WalletStatus?> StatusOfAsync(WalletId wallet, UserId owner, CancellationToken cancellationToken)
    {
        Assert.True(unitOfWork.IsEmpty);
        return Task.FromResult(wallets.Wallets.TryGetValue(wallet, out var found) && found.Owner == owner
            ? found.Status
            : default(WalletStatus?));
    }
}
