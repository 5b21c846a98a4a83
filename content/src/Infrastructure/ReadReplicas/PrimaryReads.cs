using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Infrastructure.ReadReplicas;

/// <summary>Counts the reads that are at a primary because no replica would do, so that they do not crowd out its writes.</summary>
internal sealed class PrimaryReads(IOptions<ReadReplicaOptions> options)
{
    private readonly ConcurrentDictionary<string, Budget> _budgets = new();

    /// <summary>Null when there are as many as there may be.</summary>
    public ReadRoute? TryRoute(string database, WalPosition known = default, string? reason = null)
    {
        var budget = _budgets.GetOrAdd(database, static _ => new Budget());
        return budget.TryTake(options.Value.PrimaryReads) ? ReadRoute.ToPrimary(database, known, reason, budget.GiveBack) : null;
    }

    private sealed class Budget
    {
        private int _taken;

        public bool TryTake(int most)
        {
            if (Interlocked.Increment(ref _taken) <= most)
            {
                return true;
            }

            GiveBack();
            return false;
        }

        public void GiveBack() => Interlocked.Decrement(ref _taken);
    }
}
