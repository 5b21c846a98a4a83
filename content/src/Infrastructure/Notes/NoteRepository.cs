using Application.Notes;
using Domain.Notes;

namespace Infrastructure.Notes;

internal sealed class NoteRepository(ShardWriter writer) : INoteRepository
{
    public async Task AddAsync(Note note, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(note.Owner, cancellationToken);
        context.Add(note);
    }

    public async Task<Note?> FindAsync(NoteId id, UserId owner, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        return await context.Set<Note>().AsTracking()
            .SingleOrDefaultAsync(n => n.Owner == owner && n.Id == id, cancellationToken);
    }
}
