namespace Domain.Notes;

/// <summary>A text that one user keeps. A method that refuses has changed nothing.</summary>
public sealed class Note
{
    public const int MaxLength = 2000;

    private Note(NoteId id, UserId owner, string text, DateTimeOffset writtenAt, DateTimeOffset? editedAt) =>
        (Id, Owner, Text, WrittenAt, EditedAt) = (id, owner, text, writtenAt, editedAt);

    public NoteId Id { get; }

    public UserId Owner { get; }

    public string Text { get; private set; }

    public DateTimeOffset WrittenAt { get; }

    /// <summary>Time of the last change; null when there was none.</summary>
    public DateTimeOffset? EditedAt { get; private set; }

    public static ErrorOr<Note> Write(UserId owner, string text, DateTimeOffset now) => IsStorable(text)
        ? new Note(NoteId.New(owner, now), owner, text, now, editedAt: null)
        : NoteErrors.TextRefused;

    /// <summary>Idempotent: the same text changes nothing.</summary>
    public ErrorOr<Success> Edit(string text, DateTimeOffset now)
    {
        if (!IsStorable(text))
        {
            return NoteErrors.TextRefused;
        }

        if (text != Text)
        {
            (Text, EditedAt) = (text, now);
        }

        return Result.Success;
    }

    /// <summary>PostgreSQL's text cannot hold U+0000.</summary>
    private static bool IsStorable(string text) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= MaxLength && !text.Contains('\0', StringComparison.Ordinal);
}
