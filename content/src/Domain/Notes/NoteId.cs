namespace Domain.Notes;

public readonly record struct NoteId(Guid Value)
{
    public static NoteId New(UserId owner, DateTimeOffset now) => new(Uuid8.New(owner.Bucket, now));

    public static bool operator <(NoteId left, NoteId right) => left.Value.CompareTo(right.Value) < 0;

    public static bool operator >(NoteId left, NoteId right) => left.Value.CompareTo(right.Value) > 0;

    public override string ToString() => Value.ToString();
}
