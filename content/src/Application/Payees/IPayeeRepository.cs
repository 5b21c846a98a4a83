using Domain.Payees;

namespace Application.Payees;

/// <summary>The handles of all users, which are in the directory.</summary>
public interface IPayeeRepository : IWritePort
{
    /// <summary>Gives the owner this handle instead of the one they had, if any.</summary>
    /// <returns>False when the handle is another user's, or was until not long ago.</returns>
    Task<bool> SetAsync(Payee payee, CancellationToken cancellationToken);
}
