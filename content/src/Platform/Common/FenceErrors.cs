namespace Platform.Common;

/// <summary>SQLSTATEs with which a shard refuses a transaction before it has done anything.</summary>
internal static class FenceErrors
{
    /// <summary>The bucket is on another shard by now, so the caller's bucket map is out of date.</summary>
    public const string BucketMoved = "MV001";

    /// <summary>The server was a primary once, and another has been promoted since.</summary>
    public const string OldTimeline = "TL001";

    /// <summary>The SQLSTATE of an exception, or of the one it was thrown for; null when PostgreSQL gave none.</summary>
    public static string? SqlStateOf(Exception? exception) => exception switch
    {
        null => null,
        PostgresException postgres => postgres.SqlState,
        _ => SqlStateOf(exception.InnerException),
    };
}
