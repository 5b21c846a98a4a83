using Microsoft.EntityFrameworkCore;

namespace Infrastructure.RowSecurity;

/// <summary>A pooled context whose rows belong to users.</summary>
public abstract class ActingContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>Of a transaction. Null for nobody, as after each renting: then no row of a user is seen.</summary>
    internal Acting? Acting { get; set; }

    /// <summary>Of reads outside a transaction; goes in front of each. Null after each renting.</summary>
    internal IReadGuard? Guard { get; set; }

    /// <summary>Is told the log's position right after a commit. Null after each renting: then no commit is let through.</summary>
    internal Action<ulong>? Committed { get; set; }
}
