using Application.Payees;
using Domain.Payees;
using Microsoft.Extensions.Configuration;
using Platform.Caching;

namespace Infrastructure.Payees;

internal sealed class PayeeRepository(ShardWriter writer, CacheFloors floors, IConfiguration configuration) : IPayeeRepository
{
    /// <summary>How long a handle stays its last owner's once they have another. It leads nowhere meanwhile.</summary>
    private readonly TimeSpan _keepReleased = configuration.GetValue("Payees:KeepReleased", TimeSpan.FromDays(30));

    [Sql(typeof(string), typeof(Guid), typeof(Guid), typeof(DateTimeOffset), typeof(TimeSpan), Row = typeof(Done),
        InDirectory = true)]
    private const string Set = """
        SELECT is_set, old_handle, coalesce(new_version, 0) AS version
        FROM set_payee({0}, {1}, {2}, {3}, {4})
        """;

    public async Task<bool> SetAsync(Payee payee, CancellationToken cancellationToken)
    {
        var context = await writer.JoinDirectoryAsync(payee.Owner, cancellationToken);
        var (handle, owner, wallet) = (payee.Handle.Value, payee.Owner.Value, payee.WalletId.Value);
        var done = (await context.Database
            .SqlQueryRaw<Done>(Set, handle, owner, wallet, payee.CreatedAt, _keepReleased)
            .ToListAsync(cancellationToken)).Single();
        if (done.IsSet)
        {
            // Both handles lead elsewhere now: the old one nowhere.
            floors.Raise(CachedPayees.Kind, [handle, done.OldHandle ?? handle], done.Version);
        }

        return done.IsSet;
    }

    private sealed record Done(bool IsSet, string? OldHandle, long Version);
}
