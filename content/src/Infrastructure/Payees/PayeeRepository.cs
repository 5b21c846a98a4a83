using Acme.Service.Application.Payees;
using Acme.Service.Domain.Payees;
using Acme.Service.Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Payees;

internal sealed class PayeeRepository(ShardWriter writer) : IPayeeRepository
{
    public async Task<bool> SetAsync(Payee payee, CancellationToken cancellationToken)
    {
        var context = await writer.JoinDirectoryAsync(payee.Owner, cancellationToken);
        var (handle, owner, wallet) = (payee.Handle.Value, payee.Owner.Value, payee.WalletId.Value);

        // One statement, so that of two users who want a handle at once one gets it and the other is told.
        return await context.Database.ExecuteSqlAsync(
            $"""
             INSERT INTO payees (handle, owner_id, wallet_id, created_at)
             SELECT {handle}, {owner}, {wallet}, {payee.CreatedAt}
             WHERE NOT EXISTS (SELECT FROM payees WHERE handle = {handle} AND owner_id <> {owner})
             ON CONFLICT (owner_id) DO UPDATE SET handle = excluded.handle, wallet_id = excluded.wallet_id
             """,
            cancellationToken) == 1;
    }
}
