namespace Integration.Tests.Databases;

public sealed class DatabaseErrorsTests
{
    [Theory]
    [InlineData("MV001", nameof(DatabaseError.BucketMoved))]
    [InlineData("TL001", nameof(DatabaseError.OldTimeline))]
    [InlineData("IK001", nameof(DatabaseError.KeyInUse))]
    [InlineData(PostgresErrorCodes.LockNotAvailable, nameof(DatabaseError.Locked))]
    [InlineData(PostgresErrorCodes.QueryCanceled, nameof(DatabaseError.TimedOut))]
    [InlineData(PostgresErrorCodes.DeadlockDetected, nameof(DatabaseError.Conflict))]
    [InlineData(PostgresErrorCodes.SerializationFailure, nameof(DatabaseError.Conflict))]
    [InlineData(PostgresErrorCodes.ReadOnlySqlTransaction, nameof(DatabaseError.ReadOnly))]
    [InlineData(PostgresErrorCodes.UndefinedTable, nameof(DatabaseError.NotMigrated))]
    [InlineData(PostgresErrorCodes.AdminShutdown, nameof(DatabaseError.Away))]
    [InlineData(PostgresErrorCodes.TooManyConnections, nameof(DatabaseError.Away))]
    [InlineData(PostgresErrorCodes.ConnectionFailure, nameof(DatabaseError.Away))]
    [InlineData(PostgresErrorCodes.IoError, nameof(DatabaseError.Away))]
    [InlineData(PostgresErrorCodes.UniqueViolation, nameof(DatabaseError.None))]
    [InlineData(PostgresErrorCodes.InsufficientPrivilege, nameof(DatabaseError.None))]
    public void A_SQLSTATE_has_one_meaning(string state, string meaning)
    {
        var exception = new PostgresException("Said by the server.", "ERROR", "ERROR", state);

        Assert.Equal(meaning, $"{DatabaseErrors.Of(exception)}");
        Assert.Equal(meaning, $"{DatabaseErrors.Of(new DbUpdateException("Wrapped by EF Core.", exception))}");
    }

    [Fact]
    public void An_exception_that_is_not_the_servers_has_a_meaning_too()
    {
        Assert.All(
            new (DatabaseError, Exception)[]
            {
                (DatabaseError.Away, new PostgresException("The session is ended.", "FATAL", "FATAL", "25P03")),
                (DatabaseError.Away, new NpgsqlException("No connection.", new TimeoutException())),
                (DatabaseError.Away, new InvalidOperationException("Likely transient.", new TimeoutException())),
                (DatabaseError.Away, new NotPrimaryException("In recovery.")),
                (DatabaseError.OldTimeline, new OldTimelineException()),
                (DatabaseError.ReadRefused, new ReadRefusedException(ReadVerdict.Behind, "Behind.")),
                (DatabaseError.NotReplicated, new CommitNotReplicatedException("Cancelled.")),
                (DatabaseError.OutcomeUnknown, new CommitUnknownException()),
                (DatabaseError.None, new OperationCanceledException("Cancelled.", new TimeoutException())),
                (DatabaseError.None, new InvalidOperationException("A mistake of ours.")),
            },
            known => Assert.Equal(known.Item1, DatabaseErrors.Of(known.Item2)));
        Assert.True(DatabaseErrors.IsTransient(new OldTimelineException()));
        Assert.False(DatabaseErrors.IsTransient(new PostgresException("In use.", "ERROR", "ERROR", "IK001")));
    }
}
