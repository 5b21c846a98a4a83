using Acme.Service.Domain.Common;
using ErrorOr;

namespace Acme.Service.Domain.Wallets;

public static class WalletErrors
{
    public static Error AmountOutOfRange { get; } =
        Error.Validation("Wallet.AmountOutOfRange", $"An amount must be between 1 and {Wallet.Limit} minor units.");

    public static Error LimitExceeded { get; } =
        Error.Conflict("Wallet.LimitExceeded", $"A wallet cannot hold more than {Wallet.Limit} minor units.");

    public static Error NotFound(WalletId id) => Error.NotFound("Wallet.NotFound", $"You have no wallet {id}.");

    public static Error CurrencyMismatch(Currency wallet, Currency given) =>
        Error.Validation("Wallet.CurrencyMismatch", $"The wallet holds {wallet}, and the amount is in {given}.");
}
