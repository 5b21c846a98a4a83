using Domain.Payees;

namespace Application.Payees;

/// <summary>What everybody may know of a payee.</summary>
/// <param name="Handle">The name under which the payee is paid.</param>
/// <param name="Wallet">Where money that is sent to the handle goes.</param>
public sealed record PayeeView(string Handle, Guid Wallet);

public interface IPayeeReader : IReadPort
{
    Task<PayeeView?> FindAsync(Handle handle, CancellationToken cancellationToken);
}
