using Domain.Notes;

namespace Application.Notes;

public sealed record EditNote(UserId Owner, NoteId Note, string Text) : ICommand<ErrorOr<NoteView>>;

internal sealed class EditNoteValidator : AbstractValidator<EditNote>
{
    public EditNoteValidator() => RuleFor(c => c.Text).NotEmpty().MaximumLength(Domain.Notes.Note.MaxLength);
}

internal sealed class EditNoteHandler(INoteRepository notes, TimeProvider clock) : ICommandHandler<EditNote, ErrorOr<NoteView>>
{
    public async ValueTask<ErrorOr<NoteView>> Handle(EditNote command, CancellationToken cancellationToken)
    {
        var note = await notes.FindAsync(command.Note, command.Owner, cancellationToken);
        return note is null
            ? NoteErrors.NotFound(command.Note)
            : note.Edit(command.Text, clock.Now()).Then(_ => NoteView.Of(note));
    }
}
