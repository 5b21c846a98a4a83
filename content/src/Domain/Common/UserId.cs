namespace Domain.Common;

/// <summary>
/// A user. It is derived from the issuer and the subject of the access token, so it needs no table, and the same two fall into
/// the same bucket on every machine and in every release.
/// </summary>
public readonly record struct UserId(Guid Value)
{
    public Bucket Bucket => Uuid8.BucketOf(Value);

    /// <summary>A subject says who it is only among the subjects of its issuer.</summary>
    public static UserId Of(string issuer, string subject)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(issuer);
        ArgumentException.ThrowIfNullOrWhiteSpace(subject);
        // The length says where the subject begins, so no other issuer and subject have the same text.
        return new UserId(Uuid8.FromName($"{issuer.Length}:{issuer}{subject}"));
    }

    public override string ToString() => Value.ToString();
}
