namespace Domain.Common;

/// <summary>
/// A user. It is derived from the subject of the access token, so it needs no table, and the same subject falls into
/// the same bucket on every machine and in every release.
/// </summary>
public readonly record struct UserId(Guid Value)
{
    public Bucket Bucket => Uuid8.BucketOf(Value);

    public static UserId FromSubject(string subject)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(subject);
        return new UserId(Uuid8.FromName(subject));
    }

    public override string ToString() => Value.ToString();
}
