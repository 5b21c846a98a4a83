using Domain.Notes;

namespace Application.Notes;

public sealed record WriteNote(UserId Owner, string Text) : ICommand<ErrorOr<NoteView>>;

internal sealed class WriteNoteValidator : AbstractValidator<WriteNote>
{
    public WriteNoteValidator() => RuleFor(c => c.Text).NotEmpty().MaximumLength(Note.MaxLength);
}

internal sealed class WriteNoteHandler(INoteRepository notes, TimeProvider clock) : ICommandHandler<WriteNote, ErrorOr<NoteView>>
{
    public async ValueTask<ErrorOr<NoteView>> Handle(WriteNote command, CancellationToken cancellationToken)
    {
        var note = Note.Write(command.Owner, command.Text, clock.Now());
        if (note.IsError)
        {
            return note.Errors;
        }

        await notes.AddAsync(note.Value, cancellationToken);
        return NoteView.Of(note.Value);
    }
}
