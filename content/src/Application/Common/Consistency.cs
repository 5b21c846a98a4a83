namespace Application.Common;

/// <summary>What an endpoint's reads must see.</summary>
public enum Consistency
{
    /// <summary>All that the caller has written, as their Sync-Token says.</summary>
    Session,

    /// <summary>Any state of the last seconds; the token is not looked at.</summary>
    Eventual,

    /// <summary>All that anybody has written: the primary answers.</summary>
    Strong,
}

/// <summary>Endpoint metadata: what its reads must see. An endpoint without it has <see cref="Consistency.Session"/>.</summary>
public sealed record ReadConsistency(Consistency Consistency);
