namespace Platform.Tests.Bank;

internal enum OperationKind
{
    Deposit,
    Transfer,
}

internal enum Outcome
{
    /// <summary>No answer, or one that does not say what became of the request.</summary>
    Unknown,

    /// <summary>Answered: nothing was done.</summary>
    Refused,

    /// <summary>Answered: it was done.</summary>
    Acknowledged,
}

/// <summary>One request and what came back.</summary>
/// <param name="Status">Null when nothing came back.</param>
internal sealed record Attempt(HttpStatusCode? Status, string Body)
{
    public static Attempt Lost { get; } = new(null, "");

    public Outcome Outcome => Status switch
    {
        HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted => Outcome.Acknowledged,
        HttpStatusCode.Conflict when Body.Contains("idempotency-in-progress", StringComparison.Ordinal) => Outcome.Unknown,
        null or >= HttpStatusCode.InternalServerError => Outcome.Unknown,
        _ => Outcome.Refused,
    };
}

/// <summary>A wallet that the test has opened.</summary>
/// <param name="Subject">Of its owner's tokens.</param>
/// <param name="Owner">Id of its owner.</param>
/// <param name="Handle">Of its owner; null when they have none.</param>
internal sealed record BankWallet(Guid Id, string Subject, Guid Owner, int Shard, string Currency, string? Handle);

/// <summary>Money that somebody wants moved, with all requests that ask for it. They bear the same key.</summary>
/// <param name="Wallet">Is paid into, or from.</param>
/// <param name="To">The payee's handle or wallet id as it is sent; empty for a deposit.</param>
/// <param name="Payee">The payee's wallet; null for a deposit, and for a payee that does not exist.</param>
/// <param name="Amount">
/// No other operation of the same kind on the same wallet has it, so the ledger alone shows what was done twice.
/// </param>
internal sealed record Operation(
    string Key, OperationKind Kind, BankWallet Wallet, string To, BankWallet? Payee, long Amount, string Currency)
{
    private readonly ConcurrentQueue<Attempt> _attempts = new();

    public IReadOnlyCollection<Attempt> Attempts => _attempts;

    /// <summary>The last answer came when no earlier request could be under way any more.</summary>
    public bool IsSettled { get; set; }

    public Outcome Outcome =>
        _attempts.Any(attempt => attempt.Outcome == Outcome.Acknowledged) ? Outcome.Acknowledged
        : _attempts.LastOrDefault()?.Outcome != Outcome.Refused ? Outcome.Unknown
        // A request that was never answered may still be under way, and be done after another was refused.
        : IsSettled || _attempts.All(attempt => attempt.Outcome == Outcome.Refused) ? Outcome.Refused
        : Outcome.Unknown;

    public void Add(Attempt attempt) => _attempts.Enqueue(attempt);

    public override string ToString() => $"{Kind} '{Key}' of {Amount} {Currency} by wallet {Wallet.Id}";
}

/// <summary>All that the clients have asked for and been told.</summary>
internal sealed class BankHistory
{
    private readonly ConcurrentQueue<Operation> _operations = new();
    private readonly ConcurrentQueue<string> _surprises = new();
    private readonly ConcurrentDictionary<(OperationKind, Guid), long> _amounts = new();
    private int _attempts;
    private int _keys;

    public IReadOnlyCollection<Operation> Operations => _operations;

    /// <summary>What a client saw that it should not have.</summary>
    public IReadOnlyCollection<string> Surprises => _surprises;

    /// <summary>Requests that were sent.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    public Operation New(
        OperationKind kind, BankWallet wallet, long atLeast, string currency, string to = "", BankWallet? payee = null)
    {
        var amount = atLeast + _amounts.AddOrUpdate((kind, wallet.Id), 1, (_, count) => count + 1);
        var operation = new Operation($"bank-{Interlocked.Increment(ref _keys)}", kind, wallet, to, payee, amount, currency);
        _operations.Enqueue(operation);
        return operation;
    }

    public void Add(Operation operation, Attempt attempt)
    {
        Interlocked.Increment(ref _attempts);
        operation.Add(attempt);
    }

    public void Surprise(string sentence) => _surprises.Enqueue(sentence);

    public void Add(Operation operation) => _operations.Enqueue(operation);
}
