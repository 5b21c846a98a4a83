using Domain.Wallets;

namespace Platform.Tests.Bank;

/// <summary>What the ledger shows of an operation. Amounts tell them apart, so the service's own keys are not trusted.</summary>
internal sealed class Effects(BankState state)
{
    private readonly ILookup<(OperationKind, Guid, long), Guid> _effects = state.Transfers
        .Select(transfer => (Key: (OperationKind.Transfer, transfer.Wallet, transfer.Amount), transfer.Id))
        .Concat(state.Entries
            .Where(entry => entry is { Kind: EntryKind.Deposit, Account: LedgerAccount.Balance })
            .Select(entry => (Key: (OperationKind.Deposit, entry.Wallet, entry.Amount), Id: entry.Transfer)))
        .ToLookup(effect => effect.Key, effect => effect.Id);

    public IReadOnlyList<Guid> Of(Operation operation) => [.. _effects[(operation.Kind, operation.Wallet.Id, operation.Amount)]];
}
