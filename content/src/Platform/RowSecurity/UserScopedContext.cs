namespace Platform.RowSecurity;

/// <summary>A pooled context whose rows belong to users.</summary>
public abstract class UserScopedContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>
    /// Of a transaction; goes in front of its next query. Its first statements say in whose name the transaction works. Null
    /// after each renting: then no row of a user is seen.
    /// </summary>
    public Pipeline? Pipeline { get; internal set; }

    /// <summary>Of reads outside a transaction; goes in front of each. Null after each renting.</summary>
    internal IReadGuard? Guard { get; set; }

    /// <summary>
    /// Is told the log's position right after a commit. Null after each renting: then no commit is let through.
    /// </summary>
    internal Action<ulong>? Committed { get; set; }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.AddIdConversions();
        configurationBuilder.IgnoreAny<IReadOnlyList<IDomainEvent>>();
    }

    /// <summary>Reads rows in the transaction by plain SQL, in one round trip with what waits in the pipeline.</summary>
    /// <param name="sql">A SELECT, also behind WITH.</param>
    /// <param name="parameters">In the order of $1, $2, …</param>
    public Task<List<T>> QueryAsync<T>(
        string sql, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken,
        params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        Pipeline!.Add(sql, parameters);
        return Pipeline.QueryAsync((NpgsqlConnection)Database.GetDbConnection(), map, timeout: null, cancellationToken);
    }
}
