namespace Application.Common;

internal static class Clocks
{
    /// <summary>UTC to the microsecond, which is what PostgreSQL keeps: an answer says what a later read will say.</summary>
    public static DateTimeOffset Now(this TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
