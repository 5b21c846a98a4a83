using System.ComponentModel.DataAnnotations;
using Application.Wallets;
using Domain.Wallets;

namespace Api.Wallets;

/// <summary>Which wallet to open.</summary>
/// <param name="Currency">Code of ISO 4217.</param>
internal sealed record OpenWalletRequest([property: RegularExpression("^[A-Z]{3}$")] string Currency);

/// <summary>Money to pay in.</summary>
/// <param name="Amount">Minor units of the currency.</param>
/// <param name="Currency">That of the wallet, by its code of ISO 4217.</param>
internal sealed record DepositRequest(
    [property: Range(1L, Wallet.Limit)] long Amount, [property: RegularExpression("^[A-Z]{3}$")] string Currency);

internal sealed class WalletEndpoints : IEndpointGroup
{
    private static readonly WalletView Example = new(
        new("01a20c95-d6fb-80af-b6dc-6990ef209cf3"), "EUR", 1050, 0, WalletStatus.Active, 2,
        new(2026, 1, 5, 10, 0, 0, TimeSpan.Zero));

    public static void Map(IEndpointRouteBuilder app)
    {
        var wallets = app.MapGroup("/wallets").WithTags("Wallets");
        wallets.MapPost("/", Open).WithName("OpenWallet").WithSummary("Opens a wallet in a currency")
            .WithExample(new OpenWalletRequest("EUR"), Example with { Balance = 0, Version = 1 });
        wallets.MapGet("/", List).WithName("ListWallets").WithSummary("Your wallets, newest first")
            .WithExample(answer: new Page<WalletView>([Example], Next: null));
        wallets.MapGet("/{id:guid}", Get).WithName("GetWallet").WithSummary("One of your wallets").WithExample(answer: Example)
            .ProducesProblem(StatusCodes.Status404NotFound);
        wallets.MapGet("/{id:guid}/entries", Entries).WithName("ListEntries")
            .WithSummary("What moved a wallet's balance, newest first")
            .ProducesProblem(StatusCodes.Status404NotFound);
        wallets.MapPost("/{id:guid}/deposits", Deposit).WithName("DepositMoney")
            .WithSummary("Pays money in and answers with the new balance")
            .WithExample(new DepositRequest(1050, "EUR"), Example)
            .RequireIdempotencyKey()
            .ProducesProblem(StatusCodes.Status404NotFound);
        MapStatus("freeze", "FreezeWallet", WalletStatus.Frozen, "Stops all money to and from a wallet");
        MapStatus("unfreeze", "UnfreezeWallet", WalletStatus.Active, "Lets money move again");
        MapStatus("close", "CloseWallet", WalletStatus.Closed, "Closes an empty wallet for good");

        void MapStatus(string action, string name, WalletStatus status, string summary) => wallets
            .MapPost($"/{{id:guid}}/{action}", (
                Guid id, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) => sender
                .Send(new SetWalletStatus(user.UserId(), new WalletId(id), status), cancellationToken).OkOrProblem())
            .WithName(name)
            .WithSummary(summary)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static Task<Results<Created<WalletView>, ProblemHttpResult>> Open(
        OpenWalletRequest request, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) => sender.Send(
            new OpenWallet(user.UserId(), request.Currency), cancellationToken)
            .CreatedOrProblem(wallet => $"/wallets/{wallet.Id}");

    private static Task<Results<Ok<Page<WalletView>>, ProblemHttpResult>> List(
        ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken,
        Guid? after = null, int limit = Page.DefaultLimit) => sender.Send(
            new ListWallets(user.UserId(), after is { } id ? new WalletId(id) : null, limit), cancellationToken).OkOrProblem();

    private static Task<Results<Ok<WalletView>, ProblemHttpResult>> Get(
        Guid id, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        sender.Send(new GetWallet(user.UserId(), new WalletId(id)), cancellationToken).OkOrProblem();

    private static Task<Results<Ok<Page<EntryView>>, ProblemHttpResult>> Entries(
        Guid id, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken,
        Guid? after = null, int limit = Page.DefaultLimit)
    {
        EntryId? last = after is { } entry ? new EntryId(entry) : null;
        return sender.Send(new ListEntries(user.UserId(), new WalletId(id), last, limit), cancellationToken).OkOrProblem();
    }

    private static Task<Results<Ok<WalletView>, ProblemHttpResult>> Deposit(
        Guid id, DepositRequest request, IdempotencyKey key, ISender sender, ClaimsPrincipal user,
        CancellationToken cancellationToken)
    {
        var deposit = new DepositMoney(user.UserId(), new WalletId(id), request.Amount, request.Currency, key.Request);
        return sender.Send(deposit, cancellationToken).OkOrProblem();
    }
}
