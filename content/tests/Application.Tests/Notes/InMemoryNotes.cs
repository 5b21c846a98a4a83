using Application.Notes;
using Domain.Notes;

namespace Application.Tests.Notes;

internal sealed class NoteTable
{
    public Dictionary<NoteId, Note> Notes { get; } = [];

    /// <summary>What readers see: the notes as they were at the last commit.</summary>
    public Dictionary<NoteId, NoteView> Committed { get; } = [];
}

internal sealed class InMemoryNoteRepository(NoteTable table, InMemoryUnitOfWork unitOfWork) : INoteRepository
{
    public Task AddAsync(Note note, CancellationToken cancellationToken)
    {
        Enlist(note);
        return Task.CompletedTask;
    }

    public Task<Note?> FindAsync(NoteId id, UserId owner, CancellationToken cancellationToken)
    {
        var note = table.Notes.GetValueOrDefault(id) is { } found && found.Owner == owner ? found : null;
        if (note is not null)
        {
            Enlist(note);
        }

        return Task.FromResult(note);
    }

    private void Enlist(Note note) => unitOfWork.Enlist(() =>
    {
        table.Notes[note.Id] = note;
        table.Committed[note.Id] = NoteView.Of(note);
    });
}

internal sealed class InMemoryNoteReader(NoteTable table) : INoteReader
{
    public Task<NoteView?> FindAsync(NoteId id, UserId owner, CancellationToken cancellationToken) =>
        Task.FromResult(OfOwner(owner).SingleOrDefault(view => view.Id == id.Value));

    public Task<IReadOnlyList<NoteView>> ListAsync(UserId owner, NoteId? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<NoteView>>(
        [
            .. OfOwner(owner).Where(view => after is not { } last || new NoteId(view.Id) < last)
                .OrderByDescending(view => view.Id)
                .Take(limit),
        ]);

    private IEnumerable<NoteView> OfOwner(UserId owner) =>
        table.Committed.Where(row => table.Notes[row.Key].Owner == owner).Select(row => row.Value);
}
