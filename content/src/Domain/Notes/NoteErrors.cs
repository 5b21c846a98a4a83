namespace Domain.Notes;

public static class NoteErrors
{
    public static Error TextRefused { get; } = Error.Validation(
        "Note.TextRefused", $"A note has 1 to {Note.MaxLength} characters, not only spaces, and none of them is U+0000.");

    public static Error NotFound(NoteId id) => Error.NotFound("Note.NotFound", $"You have no note {id}.");
}
