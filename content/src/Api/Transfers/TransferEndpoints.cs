using System.ComponentModel.DataAnnotations;
using Application.Transfers;
using Domain.Transfers;
using Domain.Wallets;

namespace Api.Transfers;

/// <summary>Money to send.</summary>
/// <param name="From">One of your wallets.</param>
/// <param name="To">A payee's handle, or the id of a wallet.</param>
/// <param name="Amount">Minor units of the currency.</param>
/// <param name="Currency">That of both wallets, by its code of ISO 4217.</param>
internal sealed record TransferRequest(
    Guid From,
    [property: StringLength(36, MinimumLength = 3)] string To,
    [property: Range(1L, Wallet.Limit)] long Amount,
    [property: RegularExpression("^[A-Z]{3}$")] string Currency);

internal sealed class TransferEndpoints : IEndpointGroup
{
    private static readonly TransferView Example = new(
        new("01a20c96-11f2-80af-9a3e-5b0d6c1f7e21"), new("01a20c95-d6fb-80af-b6dc-6990ef209cf3"),
        new("01a20c95-e0a4-8311-8c5d-2f7a90b14d66"),
        1050, "EUR", TransferStatus.Posted, Reason: null, new(2026, 1, 5, 10, 0, 0, TimeSpan.Zero),
            new(2026, 1, 5, 10, 0, 0, TimeSpan.Zero));

    public static void Map(IEndpointRouteBuilder app)
    {
        var transfers = app.MapGroup("/transfers").WithTags("Transfers");
        transfers.MapPost("/", Make).WithName("MakeTransfer").WithSummary("Sends money to a payee")
            .WithDescription(
                "201 when the payee has the money, 202 when it is reserved and on its way: Location tells how it ends.")
            .WithExample(new TransferRequest(Example.From, "bob", Example.Amount, Example.Currency), Example)
            .RequireIdempotencyKey()
            .ProducesProblem(StatusCodes.Status404NotFound);
        transfers.MapGet("/", List).WithName("ListTransfers").WithSummary("Transfers you have made, newest first")
            .WithExample(answer: new Page<TransferView>([Example], Next: null));
        transfers.MapGet("/{id:guid}", Get).WithName("GetTransfer")
            .WithSummary("A transfer you have made, and why when it was voided")
            .WithExample(answer: Example)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Created<TransferView>, Accepted<TransferView>, ProblemHttpResult>> Make(
        TransferRequest request, IdempotencyKey key, ISender sender, ClaimsPrincipal user,
        CancellationToken cancellationToken)
    {
        var made = await sender.Send(
            new MakeTransfer(
                user.UserId(), new WalletId(request.From), request.To, request.Amount, request.Currency, key.Request),
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

    private static Task<Results<Ok<Page<TransferView>>, ProblemHttpResult>> List(
        ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken,
        Guid? after = null, int limit = Page.DefaultLimit) => sender.Send(
            new ListTransfers(user.UserId(), after is { } id ? new TransferId(id) : null, limit), cancellationToken)
            .OkOrProblem();

    private static Task<Results<Ok<TransferView>, ProblemHttpResult>> Get(
        Guid id, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        sender.Send(new GetTransfer(user.UserId(), new TransferId(id)), cancellationToken).OkOrProblem();
}
