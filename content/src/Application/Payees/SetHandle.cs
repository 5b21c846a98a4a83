using Domain.Payees;
using Domain.Wallets;

namespace Application.Payees;

/// <summary>Lets others pay the owner by a handle, into one of the owner's wallets.</summary>
public sealed record SetHandle(UserId Owner, string Handle, WalletId Wallet) : ICommand<ErrorOr<PayeeView>>;

internal sealed class SetHandleHandler(IPayeeLookup lookup, IPayeeRepository payees, TimeProvider clock)
    : ICommandHandler<SetHandle, ErrorOr<PayeeView>>
{
    public async ValueTask<ErrorOr<PayeeView>> Handle(SetHandle command, CancellationToken cancellationToken)
    {
        var handle = Domain.Payees.Handle.From(command.Handle);
        if (handle.IsError)
        {
            return handle.Errors;
        }

        // The wallet is on a shard and the handle is in the directory, so nothing keeps the wallet as it is. Closing it
        // later does no harm: a payment to the handle is then refused with the reason.
        switch (await lookup.StatusOfAsync(command.Wallet, command.Owner, cancellationToken))
        {
            case null:
                return WalletErrors.NotFound(command.Wallet);
            case WalletStatus.Frozen:
                return WalletErrors.Frozen;
            case WalletStatus.Closed:
                return WalletErrors.Closed;
        }

        var payee = Payee.Create(handle.Value, command.Owner, command.Wallet, clock.Now());
        return await payees.SetAsync(payee, cancellationToken)
            ? new PayeeView(handle.Value.Value, command.Wallet.Value)
            : PayeeErrors.HandleTaken(handle.Value);
    }
}
