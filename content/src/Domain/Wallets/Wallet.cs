namespace Domain.Wallets;

/// <summary>
/// Money of one user in one currency. What it holds is the sum of its entries, and every movement is entered with legs
/// that sum to zero. A method that refuses has changed nothing.
/// </summary>
public sealed class Wallet : Aggregate
{
    /// <summary>Largest amount of one movement, and the most that balance and pending may be together, in minor units.</summary>
    public const long Limit = 1_000_000_000_000;

    private readonly List<Entry> _newEntries = [];

    private Wallet(
        WalletId id,
        UserId owner,
        Currency currency,
        long balance,
        long pending,
        WalletStatus status,
        long version,
        DateTimeOffset openedAt) =>
        (Id, Owner, Currency, Balance, Pending, Status, Version, OpenedAt) =
        (id, owner, currency, balance, pending, status, version, openedAt);

    public WalletId Id { get; }

    public UserId Owner { get; }

    public Currency Currency { get; }

    /// <summary>What can be spent, in minor units of <see cref="Currency"/>.</summary>
    public long Balance { get; private set; }

    /// <summary>What is reserved for transfers that have not ended, in minor units.</summary>
    public long Pending { get; private set; }

    public WalletStatus Status { get; private set; }

    /// <summary>Counts the changes; one when the wallet is opened.</summary>
    public long Version { get; private set; }

    public DateTimeOffset OpenedAt { get; }

    /// <summary>Entries made since the wallet was loaded, to be stored with it.</summary>
    public IReadOnlyList<Entry> NewEntries => _newEntries;

    public static Wallet Open(UserId owner, Currency currency, DateTimeOffset now) =>
        new(WalletId.New(owner, now), owner, currency, balance: 0, pending: 0, WalletStatus.Active, version: 1, now);

    /// <summary>Money from outside, such as a bank.</summary>
    public ErrorOr<Success> Deposit(Money money, DateTimeOffset now)
    {
        if (WhyNotDeposit(money) is { } refusal)
        {
            return refusal;
        }

        Version++;
        Enter(EntryKind.Deposit, TransferId.New(Owner, now), LedgerAccount.Outside, LedgerAccount.Balance, money.Amount, now);
        Record(WalletEvent.Deposit, money, transfer: null);
        return Result.Success;
    }

    /// <summary>Pays into another wallet that is in the same unit of work. It cannot be done for one of the two alone.</summary>
    public ErrorOr<Success> Send(Money money, Wallet payee, TransferId transfer, DateTimeOffset now)
    {
        if ((WhyNotGive(money) ?? payee.WhyNotReceive(money)) is { } refusal)
        {
            return refusal;
        }

        Version++;
        payee.Version++;
        EnterLeg(EntryKind.Send, transfer, LedgerAccount.Balance, -money.Amount, now);
        payee.EnterLeg(EntryKind.Receive, transfer, LedgerAccount.Balance, money.Amount, now);
        Record(WalletEvent.MoneySent, money, transfer);
        payee.Record(WalletEvent.MoneyReceived, money, transfer);
        return Result.Success;
    }

    /// <summary>
    /// Sets money aside for a payee elsewhere. It is spent by <see cref="Post"/>, or comes back by <see cref="Release"/>.
    /// </summary>
    public ErrorOr<Success> Reserve(Money money, TransferId transfer, DateTimeOffset now)
    {
        if (WhyNotGive(money) is { } refusal)
        {
            return refusal;
        }

        Version++;
        Enter(EntryKind.Reserve, transfer, LedgerAccount.Balance, LedgerAccount.Pending, money.Amount, now);
        Record(WalletEvent.TransferReserved, money, transfer);
        return Result.Success;
    }

    /// <summary>Takes in what another wallet has reserved.</summary>
    public ErrorOr<Success> Credit(Money money, TransferId transfer, DateTimeOffset now)
    {
        if (WhyNotReceive(money) is { } refusal)
        {
            return refusal;
        }

        Version++;
        Enter(EntryKind.Receive, transfer, LedgerAccount.Clearing, LedgerAccount.Balance, money.Amount, now);
        Record(WalletEvent.MoneyReceived, money, transfer);
        return Result.Success;
    }

    /// <summary>Lets go what was reserved, since the payee has it. Cannot be refused, whatever the wallet's status.</summary>
    /// <exception cref="InvalidOperationException">That much is not reserved.</exception>
    public void Post(Money money, TransferId transfer, DateTimeOffset now)
    {
        MustBeReserved(money, transfer);
        Version++;
        Enter(EntryKind.Post, transfer, LedgerAccount.Pending, LedgerAccount.Clearing, money.Amount, now);
        Record(WalletEvent.TransferSettled, money, transfer);
    }

    /// <summary>Gives back what was reserved. Cannot be refused, whatever the wallet's status.</summary>
    /// <inheritdoc cref="Post"/>
    public void Release(Money money, TransferId transfer, DateTimeOffset now)
    {
        MustBeReserved(money, transfer);
        Version++;
        Enter(EntryKind.Release, transfer, LedgerAccount.Pending, LedgerAccount.Balance, money.Amount, now);
        Record(WalletEvent.TransferVoided, money, transfer);
    }

    public ErrorOr<Success> Freeze() => Become(WalletStatus.Frozen);

    public ErrorOr<Success> Unfreeze() => Become(WalletStatus.Active);

    public ErrorOr<Success> Close() => Balance == 0 && Pending == 0 ? Become(WalletStatus.Closed) : WalletErrors.NotEmpty;

    /// <summary>Idempotent: setting the current status changes nothing.</summary>
    private ErrorOr<Success> Become(WalletStatus status)
    {
        if (Status == status)
        {
            return Result.Success;
        }

        if (Status == WalletStatus.Closed)
        {
            return WalletErrors.Closed;
        }

        Version++;
        Status = status;
        return Result.Success;
    }

    private Error? WhyNotDeposit(Money money) => Status switch
    {
        WalletStatus.Closed => WalletErrors.Closed,
        WalletStatus.Frozen => WalletErrors.Frozen,
        _ when money.Currency != Currency => WalletErrors.CurrencyMismatch(Currency, money.Currency),
        _ when !IsInRange(money) => WalletErrors.AmountOutOfRange,
        _ when !HasRoomFor(money) => WalletErrors.LimitExceeded,
        _ => null,
    };

    private Error? WhyNotGive(Money money) => Status switch
    {
        WalletStatus.Closed => WalletErrors.Closed,
        WalletStatus.Frozen => WalletErrors.Frozen,
        _ when money.Currency != Currency => WalletErrors.CurrencyMismatch(Currency, money.Currency),
        _ when !IsInRange(money) => WalletErrors.AmountOutOfRange,
        _ when money.Amount > Balance => WalletErrors.InsufficientFunds(new Money(Balance, Currency)),
        _ => null,
    };

    private Error? WhyNotReceive(Money money) => Status switch
    {
        WalletStatus.Closed => WalletErrors.PayeeClosed,
        WalletStatus.Frozen => WalletErrors.PayeeFrozen,
        _ when money.Currency != Currency => WalletErrors.PayeeCurrencyMismatch(Currency, money.Currency),
        _ when !IsInRange(money) => WalletErrors.AmountOutOfRange,
        _ when !HasRoomFor(money) => WalletErrors.PayeeLimitExceeded,
        _ => null,
    };

    private static bool IsInRange(Money money) => money.Amount is > 0 and <= Limit;

    /// <summary>Reserved money counts, so that it always fits when it comes back.</summary>
    private bool HasRoomFor(Money money) => Balance + Pending <= Limit - money.Amount;

    private void MustBeReserved(Money money, TransferId transfer)
    {
        if (money.Currency != Currency || money.Amount <= 0 || money.Amount > Pending)
        {
            throw new InvalidOperationException(
                $"{money} of transfer {transfer} are not reserved in wallet {Id}, which has {Pending} {Currency} reserved.");
        }
    }

    private void Record(string type, Money money, TransferId? transfer) => Record(new WalletEvent(
        Owner, type, Id.Value, transfer?.Value, money.Amount, money.Currency.Code, Balance, Version));

    private void Enter(
        EntryKind kind, TransferId transfer, LedgerAccount from, LedgerAccount to, long amount, DateTimeOffset now)
    {
        EnterLeg(kind, transfer, from, -amount, now);
        EnterLeg(kind, transfer, to, amount, now);
    }

    private void EnterLeg(EntryKind kind, TransferId transfer, LedgerAccount account, long amount, DateTimeOffset now)
    {
        long? balance = account switch
        {
            LedgerAccount.Balance => Balance += amount,
            LedgerAccount.Pending => Pending += amount,
            _ => null,
        };
        _newEntries.Add(new Entry(EntryId.New(Id, Version), Owner, Id, account, Version, transfer, kind, amount, balance, now));
    }
}
