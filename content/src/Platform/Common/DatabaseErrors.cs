using System.Net.Sockets;

namespace Platform.Common;

/// <summary>What an exception says of a database.</summary>
internal enum DatabaseError
{
    /// <summary>It is a mistake of the program, or of something else than a database.</summary>
    None,

    /// <summary>No server answers or has a free connection, or the server has ended the session.</summary>
    Away,

    /// <summary>Another transaction holds a lock for too long.</summary>
    Locked,

    /// <summary>The statement took too long.</summary>
    TimedOut,

    /// <summary>A deadlock or a serialization failure.</summary>
    Conflict,

    /// <summary>The bucket is on another shard by now, so the caller's bucket map is out of date.</summary>
    BucketMoved,

    /// <summary>The server was a primary once, and another has been promoted since.</summary>
    OldTimeline,

    /// <summary>The server takes no writes.</summary>
    ReadOnly,

    /// <summary>No server can give the right answer to a read now.</summary>
    ReadRefused,

    /// <summary>It is stored, and no standby has confirmed it.</summary>
    NotReplicated,

    /// <summary>It is not known whether it is stored.</summary>
    OutcomeUnknown,

    /// <summary>A request with the same Idempotency-Key is in progress.</summary>
    KeyInUse,

    /// <summary>A table is not there.</summary>
    NotMigrated,
}

/// <summary>The one place that knows SQLSTATEs and the driver's exceptions.</summary>
internal static class DatabaseErrors
{
    private const string BucketMoved = "MV001";
    private const string OldTimeline = "TL001";
    private const string KeyInUse = "IK001";

    /// <summary>What an exception means, or the one it was thrown for: EF Core wraps those of the driver.</summary>
    public static DatabaseError Of(Exception? exception) => exception switch
    {
        null or OperationCanceledException or NpgsqlOperationInProgressException => DatabaseError.None,
        ReadRefusedException => DatabaseError.ReadRefused,
        CommitNotReplicatedException => DatabaseError.NotReplicated,
        CommitUnknownException => DatabaseError.OutcomeUnknown,
        OldTimelineException => DatabaseError.OldTimeline,
        PostgresException postgres => OfServer(postgres),
        NpgsqlException or TimeoutException => DatabaseError.Away,
        _ => Of(exception.InnerException),
    };

    /// <summary>Whether the same may well succeed at another time, or on another server.</summary>
    public static bool IsTransient(Exception? exception) =>
        Of(exception) is not (DatabaseError.None or DatabaseError.KeyInUse or DatabaseError.NotMigrated);

    /// <summary>Whether a server that was asked what it is has not said so.</summary>
    public static bool IsNoAnswer(Exception exception) =>
        exception is NpgsqlException or SocketException or TimeoutException or IOException;

    private static DatabaseError OfServer(PostgresException exception) => exception.SqlState switch
    {
        BucketMoved => DatabaseError.BucketMoved,
        OldTimeline => DatabaseError.OldTimeline,
        KeyInUse => DatabaseError.KeyInUse,
        PostgresErrorCodes.LockNotAvailable => DatabaseError.Locked,
        PostgresErrorCodes.QueryCanceled => DatabaseError.TimedOut,
        PostgresErrorCodes.ReadOnlySqlTransaction => DatabaseError.ReadOnly,
        PostgresErrorCodes.UndefinedTable => DatabaseError.NotMigrated,
        ['4', '0', ..] => DatabaseError.Conflict,
        // Connections, resources, and what an operator has stopped.
        ['0', '8', ..] or ['5', '3', ..] or ['5', '7', ..] => DatabaseError.Away,
        _ => exception.IsTransient || exception.InvariantSeverity == "FATAL" ? DatabaseError.Away : DatabaseError.None,
    };
}

/// <summary>The server is not the primary that this process knows. To callers it is a server that is away.</summary>
internal sealed class NotPrimaryException(string reason) : NpgsqlException(reason)
{
    public override bool IsTransient => true;
}

/// <summary>Another server was promoted during a transaction, which is not committed.</summary>
internal sealed class OldTimelineException() : Exception("Another server was promoted during this transaction.");

/// <summary>The write is stored on the primary. No standby has confirmed it, so a failover may lose it.</summary>
internal sealed class CommitNotReplicatedException(string notice)
    : Exception($"The commit was not confirmed by a standby: {notice}");

/// <summary>COMMIT was sent and has not been answered in time. It goes on.</summary>
internal sealed class CommitUnknownException() : Exception("The commit has not been answered in time.");
