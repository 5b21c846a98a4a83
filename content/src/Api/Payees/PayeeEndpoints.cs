using System.Security.Claims;
using Api.Common;
using Application.Payees;
using Domain.Wallets;
using Mediator;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Api.Payees;

/// <param name="Handle">3 to 30 small letters, digits and dashes.</param>
/// <param name="Wallet">One of your wallets, which is paid into.</param>
internal sealed record HandleRequest(string Handle, Guid Wallet);

internal sealed class PayeeEndpoints : IEndpointGroup
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var payees = app.MapGroup("/payees").WithTags("Payees").ProducesProblem(StatusCodes.Status400BadRequest);

        // No handle is "me": they have three characters and more.
        payees.MapPut("/me", Set).WithSummary("Takes a handle, or changes yours or where it leads")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        payees.MapGet("/{handle}", Get).WithSummary("Where money that is sent to a handle goes")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<PayeeView>, ProblemHttpResult>> Set(
        HandleRequest request, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var payee = await sender.Send(
            new SetHandle(user.UserId(), request.Handle, new WalletId(request.Wallet)), cancellationToken);
        return payee.IsError ? Problems.From(payee.Errors) : TypedResults.Ok(payee.Value);
    }

    private static async Task<Results<Ok<PayeeView>, ProblemHttpResult>> Get(
        string handle, ISender sender, CancellationToken cancellationToken)
    {
        var payee = await sender.Send(new GetPayee(handle), cancellationToken);
        return payee.IsError ? Problems.From(payee.Errors) : TypedResults.Ok(payee.Value);
    }
}
