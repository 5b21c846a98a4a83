using Microsoft.Extensions.Configuration;

namespace Infrastructure.Activity;

/// <summary>Activity is dropped by the time that it says itself, so what is uploaded with an older one does not stay.</summary>
internal sealed class OldActivity(IConfiguration configuration) : RowRetention(
    "Old activity", DropSql, configuration.GetValue("Activity:Lifetime", TimeSpan.FromDays(400)), TimeSpan.FromMinutes(10))
{
    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(long)])]
    private const string DropSql = "SELECT drop_old_activity($1, $2)";
}
