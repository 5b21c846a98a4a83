using Domain.Notes;

namespace Application.Notes;

/// <summary>The notes of the unit of work. What they have become is stored when it commits.</summary>
public interface INoteRepository : IWritePort
{
    Task AddAsync(Note note, CancellationToken cancellationToken);

    Task<Note?> FindAsync(NoteId id, UserId owner, CancellationToken cancellationToken);
}
