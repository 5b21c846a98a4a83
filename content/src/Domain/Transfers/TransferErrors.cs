using Domain.Wallets;

namespace Domain.Transfers;

public static class TransferErrors
{
    public static Error SameWallet { get; } =
        Error.Validation("Transfer.SameWallet", "A transfer leads from one wallet to another.");

    public static Error NotFound(TransferId id) => Error.NotFound("Transfer.NotFound", $"You have made no transfer {id}.");
}
