namespace Domain.Transfers;

/// <summary>Where a transfer is: its money is reserved, with the payee, or with the payer again.</summary>
public enum TransferStatus : short
{
    Reserved = 1,
    Posted = 2,
    Voided = 3,
}

/// <summary>
/// Where a transfer is. Each state has methods for the transitions that are legal from it and no others, and its constructor
/// is internal, so an illegal transition does not compile.
/// </summary>
public abstract record TransferState
{
    private protected TransferState()
    {
    }

    /// <summary>The payer's money is set aside, and the payee does not have it yet.</summary>
    public sealed record Reserved : TransferState
    {
        internal Reserved(DateTimeOffset since) => Since = since;

        public DateTimeOffset Since { get; }

        /// <summary>The payee has the money.</summary>
        public Posted Post(DateTimeOffset now) => new(NotBefore(now));

        /// <summary>The payee cannot have it, so the payer gets it back.</summary>
        public Voided Void(Error why, DateTimeOffset now) => new(why.Code, why.Description, NotBefore(now));

        /// <summary>Another machine, whose clock may be behind, has set <see cref="Since"/>.</summary>
        private DateTimeOffset NotBefore(DateTimeOffset now) => now < Since ? Since : now;
    }

    /// <summary>A state that nothing leads out of.</summary>
    public abstract record Ended : TransferState
    {
        private protected Ended(DateTimeOffset at) => At = at;

        public DateTimeOffset At { get; }
    }

    public sealed record Posted : Ended
    {
        internal Posted(DateTimeOffset at)
            : base(at)
        {
        }
    }

    public sealed record Voided : Ended
    {
        internal Voided(string code, string reason, DateTimeOffset at)
            : base(at) => (Code, Reason) = (code, reason);

        /// <summary>For programs.</summary>
        public string Code { get; }

        /// <summary>For the user who pays.</summary>
        public string Reason { get; }
    }
}
