using System.ComponentModel.DataAnnotations;
using Application.Notes;
using Domain.Notes;

namespace Api.Notes;

/// <summary>What a note says.</summary>
/// <param name="Text">The whole text.</param>
internal sealed record NoteRequest([property: StringLength(Note.MaxLength, MinimumLength = 1)] string Text);

internal sealed class NoteEndpoints : IEndpointGroup
{
    private static readonly NoteView Example = new(
        new("01a20c95-d6fb-80af-b6dc-6990ef209cf3"), "Buy milk", new(2026, 1, 5, 10, 0, 0, TimeSpan.Zero), EditedAt: null);

    public static void Map(IEndpointRouteBuilder app)
    {
        var notes = app.MapGroup("/notes").WithTags("Notes");
        notes.MapPost("/", Write).WithName("WriteNote").WithSummary("Writes a note")
            .WithExample(new NoteRequest("Buy milk"), Example);
        notes.MapGet("/", List).WithName("ListNotes").WithSummary("Your notes, newest first")
            .WithExample(answer: new Page<NoteView>([Example], Next: null));
        notes.MapGet("/{id:guid}", Get).WithName("GetNote").WithSummary("One of your notes").WithExample(answer: Example)
            .ProducesProblem(StatusCodes.Status404NotFound);
        notes.MapPut("/{id:guid}", Edit).WithName("EditNote").WithSummary("Changes what a note says")
            .WithExample(new NoteRequest("Buy milk"), Example)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task<Results<Created<NoteView>, ProblemHttpResult>> Write(
        NoteRequest request, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        sender.Send(new WriteNote(user.UserId(), request.Text), cancellationToken).CreatedOrProblem(note => $"/notes/{note.Id}");

    private static Task<Results<Ok<Page<NoteView>>, ProblemHttpResult>> List(
        ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken,
        Guid? after = null, int limit = Page.DefaultLimit) =>
        sender.Send(new ListNotes(user.UserId(), after is { } id ? new NoteId(id) : null, limit), cancellationToken)
            .OkOrProblem();

    private static Task<Results<Ok<NoteView>, ProblemHttpResult>> Get(
        Guid id, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        sender.Send(new GetNote(user.UserId(), new NoteId(id)), cancellationToken).OkOrProblem();

    private static Task<Results<Ok<NoteView>, ProblemHttpResult>> Edit(
        Guid id, NoteRequest request, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        sender.Send(new EditNote(user.UserId(), new NoteId(id), request.Text), cancellationToken).OkOrProblem();
}
