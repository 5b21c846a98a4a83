namespace Platform.Realtime;

internal sealed class EventRetention(IOptions<RealtimeOptions> options)
    : RowRetention("Old events", DropSql, options.Value.Lifetime + Longer, TimeSpan.FromMinutes(1))
{
    /// <summary>
    /// A position is refused for its age an hour before its event is dropped, so none that comes after a good one is missing.
    /// </summary>
    public static readonly TimeSpan Longer = TimeSpan.FromHours(1);

    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(long)])]
    private const string DropSql = "SELECT drop_old_events($1, $2)";
}
