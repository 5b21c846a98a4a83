namespace Fixtures;

/// <summary>
/// Notes that tests of a failover write through the service. "Old" is the first primary and "new" the replica that is promoted.
/// </summary>
internal static class FailoverNotes
{
    public const string Shard = "shard0";

    private static readonly UserId Owner = TestService.UserOf(TestService.NewSubject(shard: 0));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TestDatabases> PrepareAsync(StartedServers servers)
    {
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await databases.ExecuteAsync(
            Shard, "CREATE TABLE failover_notes (note text); GRANT INSERT ON failover_notes TO app_rw", DatabaseRoles.Owner);
        return databases;
    }

    /// <summary>Silent, since much goes wrong here.</summary>
    public static TestService Start(TestDatabases databases, params IEnumerable<(string Key, string Value)> settings) =>
        new(databases,
            [.. settings, ("Logging:LogLevel:Default", "None"), ("Logging:LogLevel:Microsoft.EntityFrameworkCore", "None")]);

    public static async Task InsertAsync(ShardWriter writer, string note)
    {
        var context = await writer.JoinAsync(Owner, Cancellation);
        await context.Database.ExecuteSqlAsync($"INSERT INTO failover_notes VALUES ({note})", Cancellation);
    }

    /// <summary>One attempt, as a command makes it. Null when it was acknowledged.</summary>
    public static async Task<Exception?> TryWriteAsync(TestService service, string note, CancellationToken cancellationToken)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await InsertAsync(writer, note);
                await writer.CommitAsync(cancellationToken);
                return null;
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or TimeoutException)
            {
                if (!await writer.CanRetryAsync(exception, attempt, cancellationToken))
                {
                    await Task.Delay(20, cancellationToken);
                    return exception;
                }
            }
        }
    }

    /// <summary>Clients try again for some seconds.</summary>
    public static async Task WriteAsync(TestService service, string note)
    {
        var waited = Stopwatch.StartNew();
        while (await TryWriteAsync(service, note, Cancellation) is { } exception)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(5), exception.ToString());
        }
    }

    public static async Task AssertRefusedAsync(TestService service, string host, string reason)
    {
        var source = service.Services.GetRequiredKeyedService<NpgsqlDataSource>(PrimaryTimelines.KeyOf(Shard, host));
        var refused = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await source.OpenConnectionAsync(Cancellation));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    public static async Task<HashSet<string>> NotesAsync(TestDatabases databases, bool onNew) =>
        [
            .. await databases.ScalarAsync<string[]>(
                Shard, "SELECT coalesce(array_agg(note), '{}') FROM failover_notes", replica: onNew),
        ];
}
