using Acme.Service.Domain.Common;
using ErrorOr;

namespace Acme.Service.Domain.Wallets;

/// <summary>Money of one user in one currency. The balance is the sum of the entries.</summary>
public sealed class Wallet
{
    /// <summary>Largest amount of one deposit and largest balance, in minor units.</summary>
    public const long Limit = 1_000_000_000_000;

    private readonly List<Entry> _newEntries = [];

    private Wallet(WalletId id, UserId owner, Currency currency, long balance, long version, DateTimeOffset openedAt) =>
        (Id, Owner, Currency, Balance, Version, OpenedAt) = (id, owner, currency, balance, version, openedAt);

    public WalletId Id { get; }

    public UserId Owner { get; }

    public Currency Currency { get; }

    /// <summary>Minor units of <see cref="Currency"/>.</summary>
    public long Balance { get; private set; }

    /// <summary>Counts the changes; one when the wallet is opened.</summary>
    public long Version { get; private set; }

    public DateTimeOffset OpenedAt { get; }

    /// <summary>Entries made since the wallet was loaded, to be stored with it.</summary>
    public IReadOnlyList<Entry> NewEntries => _newEntries;

    public static Wallet Open(UserId owner, Currency currency, DateTimeOffset now) =>
        new(WalletId.New(owner, now), owner, currency, balance: 0, version: 1, now);

    public ErrorOr<Entry> Deposit(Money money, DateTimeOffset now)
    {
        if (money.Currency != Currency)
        {
            return WalletErrors.CurrencyMismatch(Currency, money.Currency);
        }

        if (money.Amount is <= 0 or > Limit)
        {
            return WalletErrors.AmountOutOfRange;
        }

        if (Balance > Limit - money.Amount)
        {
            return WalletErrors.LimitExceeded;
        }

        return Record(EntryKind.Deposit, money.Amount, now);
    }

    private Entry Record(EntryKind kind, long amount, DateTimeOffset now)
    {
        Balance += amount;
        Version++;
        var entry = new Entry(EntryId.New(Id, now), Id, kind, amount, Balance, now);
        _newEntries.Add(entry);
        return entry;
    }
}
