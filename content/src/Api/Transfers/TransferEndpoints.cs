using System.Security.Claims;
using Api.Common;
using Application.Common;
using Application.Transfers;
using Domain.Transfers;
using Domain.Wallets;
using Mediator;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Api.Transfers;

/// <param name="From">One of your wallets.</param>
/// <param name="To">A payee's handle, or the id of a wallet.</param>
/// <param name="Amount">Minor units of the currency.</param>
internal sealed record TransferRequest(Guid From, string To, long Amount, string Currency);

internal sealed class TransferEndpoints : IEndpointGroup
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var transfers = app.MapGroup("/transfers").WithTags("Transfers");
        transfers.MapPost("/", Make).WithSummary("Sends money to a payee")
            .WithDescription("201 when the payee has the money, 202 when it is reserved and on its way: Location tells how it ends.")
            .RequireIdempotencyKey()
            .ProducesProblem(StatusCodes.Status404NotFound);
        transfers.MapGet("/", List).WithSummary("Transfers you have made, newest first")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        transfers.MapGet("/{id:guid}", Get).WithSummary("A transfer you have made, and why when it was voided")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Created<TransferView>, Accepted<TransferView>, ProblemHttpResult>> Make(
        TransferRequest request, IdempotencyKey key, ISender sender, ClaimsPrincipal user,
        CancellationToken cancellationToken)
    {
        var made = await sender.Send(
            new MakeTransfer(
                user.UserId(), new WalletId(request.From), request.To, request.Amount, request.Currency, key.Value),
            cancellationToken);
        if (made.IsError)
        {
            return Problems.From(made.Errors);
        }

        var location = $"/transfers/{made.Value.Id}";
        return made.Value.Status == TransferStatus.Reserved
            ? TypedResults.Accepted(location, made.Value)
            : TypedResults.Created(location, made.Value);
    }

    private static async Task<Results<Ok<Page<TransferView>>, ProblemHttpResult>> List(
        ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken,
        Guid? after = null, int limit = Page.DefaultLimit)
    {
        var last = after is { } id ? new TransferId(id) : default(TransferId?);
        var page = await sender.Send(new ListTransfers(user.UserId(), last, limit), cancellationToken);
        return page.IsError ? Problems.From(page.Errors) : TypedResults.Ok(page.Value);
    }

    private static async Task<Results<Ok<TransferView>, ProblemHttpResult>> Get(
        Guid id, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var transfer = await sender.Send(new GetTransfer(user.UserId(), new TransferId(id)), cancellationToken);
        return transfer.IsError ? Problems.From(transfer.Errors) : TypedResults.Ok(transfer.Value);
    }
}
