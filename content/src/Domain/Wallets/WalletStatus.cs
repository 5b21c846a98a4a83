namespace Domain.Wallets;

/// <summary>Whether money can move to and from a wallet.</summary>
public enum WalletStatus : short
{
    Active = 1,

    /// <summary>No money comes in or goes out until the owner ends it. What is under way ends as it would have.</summary>
    Frozen = 2,

    /// <summary>Empty for good.</summary>
    Closed = 3,
}
