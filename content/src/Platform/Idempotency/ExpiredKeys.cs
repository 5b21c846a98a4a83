namespace Platform.Idempotency;

internal sealed class ExpiredKeys(IOptions<IdempotencyOptions> options)
    : RowRetention("Expired idempotency keys", DropSql, options.Value.Lifetime, TimeSpan.FromMinutes(10))
{
    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(long)])]
    private const string DropSql = "SELECT drop_expired_keys($1, $2)";
}
