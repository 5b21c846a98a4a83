using System.ComponentModel.DataAnnotations;
using Application.Payees;
using Domain.Wallets;

namespace Api.Payees;

/// <summary>A name under which to be paid.</summary>
/// <param name="Handle">3 to 30 small letters, digits and dashes.</param>
/// <param name="Wallet">One of your wallets, which is paid into.</param>
internal sealed record HandleRequest(
    [property: StringLength(Domain.Payees.Handle.MaxLength, MinimumLength = 3)] string Handle, Guid Wallet);

internal sealed class PayeeEndpoints : IEndpointGroup
{
    private static readonly Guid Wallet = new("01a20c95-d6fb-80af-b6dc-6990ef209cf3");

    public static void Map(IEndpointRouteBuilder app)
    {
        var payees = app.MapGroup("/payees").WithTags("Payees").ProducesProblem(StatusCodes.Status400BadRequest);

        // No handle is "me": they have three characters and more.
        payees.MapPut("/me", Set).WithName("SetHandle").WithSummary("Takes a handle, or changes yours or where it leads")
            .WithExample(new HandleRequest("alice-b", Wallet), new PayeeView("alice-b", Wallet))
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        payees.MapGet("/{handle}", Get).WithName("GetPayee").WithSummary("Where money that is sent to a handle goes")
            .WithExample(answer: new PayeeView("alice-b", Wallet))
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task<Results<Ok<PayeeView>, ProblemHttpResult>> Set(
        HandleRequest request, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        sender.Send(new SetHandle(user.UserId(), request.Handle, new WalletId(request.Wallet)), cancellationToken).OkOrProblem();

    private static Task<Results<Ok<PayeeView>, ProblemHttpResult>> Get(
        string handle, ISender sender, CancellationToken cancellationToken) =>
        sender.Send(new GetPayee(handle), cancellationToken).OkOrProblem();
}
