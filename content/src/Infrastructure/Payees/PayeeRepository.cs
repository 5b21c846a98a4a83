using Application.Payees;
using Domain.Payees;
using Infrastructure.Caching;
using Infrastructure.Persistence;
using Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Infrastructure.Payees;

internal sealed class PayeeRepository(ShardWriter writer, CacheFloors floors) : IPayeeRepository
{
    [Sql(typeof(string), typeof(Guid), typeof(Guid), typeof(DateTimeOffset), Row = typeof(Done), InDirectory = true)]
    private const string Set = """
        SELECT is_set AS "IsSet", old_handle AS "OldHandle", coalesce(new_version, 0) AS "Version"
        FROM set_payee({0}, {1}, {2}, {3})
        """;

    public async Task<bool> SetAsync(Payee payee, CancellationToken cancellationToken)
    {
        var context = await writer.JoinDirectoryAsync(payee.Owner, cancellationToken);
        var (handle, owner, wallet) = (payee.Handle.Value, payee.Owner.Value, payee.WalletId.Value);
        var done = (await context.Database.SqlQueryRaw<Done>(Set, handle, owner, wallet, payee.CreatedAt).ToListAsync(cancellationToken)).Single();
        if (done.IsSet)
        {
            // Both handles lead elsewhere now: the old one nowhere.
            floors.Raise(CachedPayees.Kind, [handle, done.OldHandle ?? handle], done.Version);
        }

        return done.IsSet;
    }

    private sealed record Done(bool IsSet, string? OldHandle, long Version);
}
