using Domain.Notes;

namespace Application.Notes;

/// <param name="After">The <see cref="Page{T}.Next"/> of the page before; null for the newest notes.</param>
public sealed record ListNotes(UserId Owner, NoteId? After, int Limit) : IQuery<ErrorOr<Page<NoteView>>>;

internal sealed class ListNotesValidator : AbstractValidator<ListNotes>
{
    public ListNotesValidator() => RuleFor(q => q.Limit).IsPageLimit();
}

internal sealed class ListNotesHandler(INoteReader notes) : IQueryHandler<ListNotes, ErrorOr<Page<NoteView>>>
{
    public async ValueTask<ErrorOr<Page<NoteView>>> Handle(ListNotes query, CancellationToken cancellationToken)
    {
        var rows = await notes.ListAsync(query.Owner, query.After, query.Limit + 1, cancellationToken);
        return Page.Cut(rows, query.Limit, note => note.Id);
    }
}
