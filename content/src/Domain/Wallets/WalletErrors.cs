namespace Domain.Wallets;

/// <summary>Why a wallet refuses. The texts are read by the user who pays.</summary>
public static class WalletErrors
{
    public static Error AmountOutOfRange { get; } =
        Error.Validation("Wallet.AmountOutOfRange", $"An amount must be between 1 and {Wallet.Limit} minor units.");

    public static Error Frozen { get; } =
        Error.Conflict("Wallet.Frozen", "Your wallet is frozen.");

    public static Error Closed { get; } =
        Error.Conflict("Wallet.Closed", "Your wallet is closed.");

    public static Error NotEmpty { get; } =
        Error.Conflict("Wallet.NotEmpty", "A wallet can be closed only when it is empty and no transfer from it is under way.");

    public static Error LimitExceeded { get; } =
        Error.Conflict("Wallet.LimitExceeded", $"A wallet cannot hold more than {Wallet.Limit} minor units.");

    public static Error PayeeFrozen { get; } =
        Error.Conflict("Wallet.PayeeFrozen", "The payee's wallet is frozen.");

    public static Error PayeeClosed { get; } =
        Error.Conflict("Wallet.PayeeClosed", "The payee's wallet is closed.");

    public static Error PayeeGone { get; } =
        Error.Conflict("Wallet.PayeeGone", "The payee's wallet does not exist any more.");

    public static Error PayeeLimitExceeded { get; } =
        Error.Conflict("Wallet.PayeeLimitExceeded", "The payee's wallet cannot hold that much more.");

    public static Error NotFound(WalletId id) => Error.NotFound("Wallet.NotFound", $"You have no wallet {id}.");

    public static Error CurrencyMismatch(Currency wallet, Currency given) =>
        Error.Validation("Wallet.CurrencyMismatch", $"The wallet holds {wallet}, and the amount is in {given}.");

    public static Error PayeeCurrencyMismatch(Currency wallet, Currency given) =>
        Error.Conflict("Wallet.PayeeCurrencyMismatch", $"The payee's wallet holds {wallet}, and the amount is in {given}.");

    public static Error InsufficientFunds(Money available) =>
        Error.Conflict(
            "Wallet.InsufficientFunds", $"Your wallet has {available.Amount} minor units of {available.Currency} to spend.");
}
