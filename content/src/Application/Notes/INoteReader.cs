using Domain.Notes;

namespace Application.Notes;

/// <summary>A note of its owner.</summary>
/// <param name="Id">Of the note.</param>
/// <param name="Text">What it says.</param>
/// <param name="WrittenAt">When it was written.</param>
/// <param name="EditedAt">When it was last changed; null when it was not.</param>
public sealed record NoteView(Guid Id, string Text, DateTimeOffset WrittenAt, DateTimeOffset? EditedAt)
{
    public static NoteView Of(Note note) => new(note.Id.Value, note.Text, note.WrittenAt, note.EditedAt);
}

public interface INoteReader : IReadPort
{
    Task<NoteView?> FindAsync(NoteId id, UserId owner, CancellationToken cancellationToken);

    /// <returns>Notes older than <paramref name="after"/>, newest first, at most <paramref name="limit"/>.</returns>
    Task<IReadOnlyList<NoteView>> ListAsync(UserId owner, NoteId? after, int limit, CancellationToken cancellationToken);
}
