using Domain.Notes;

namespace Application.Notes;

public sealed record GetNote(UserId Owner, NoteId Note) : IQuery<ErrorOr<NoteView>>;

internal sealed class GetNoteHandler(INoteReader notes) : IQueryHandler<GetNote, ErrorOr<NoteView>>
{
    public async ValueTask<ErrorOr<NoteView>> Handle(GetNote query, CancellationToken cancellationToken) =>
        await notes.FindAsync(query.Note, query.Owner, cancellationToken) is { } view
            ? view
            : NoteErrors.NotFound(query.Note);
}
