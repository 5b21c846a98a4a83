namespace Fixtures;

/// <summary>Numbers by name in a table of the tests, written and read as requests do it.</summary>
internal static class Numbers
{
    public const string Shard = "shard0";

    public static UserId Owner { get; } = TestService.UserOf(TestService.NewSubject(shard: 0));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task CreateAsync(TestDatabases databases)
    {
        foreach (var database in new[] { Shard, ResourceNames.Directory })
        {
            await databases.ExecuteAsync(database, "DROP TABLE IF EXISTS numbers", DatabaseRoles.Owner);
            await databases.ExecuteAsync(
                database,
                "CREATE TABLE numbers (name text PRIMARY KEY, value int); GRANT SELECT, INSERT, UPDATE ON numbers TO app_rw, "
                + "worker; GRANT SELECT ON numbers TO app_ro",
                DatabaseRoles.Owner);
        }
    }

    /// <summary>One request that writes.</summary>
    /// <returns>The token of its answer.</returns>
    public static async Task<string> WriteAsync(
        TestService service, string name, int value, string? token = null, bool asWorker = false)
    {
        await using var request = Request.Begin(service, token);
        var writer = request.Get<ShardWriter>();
        if (asWorker)
        {
            writer.UseWorkerRole();
        }

        var context = await writer.JoinAsync(Owner, Cancellation);
        await context.Database.ExecuteSqlAsync(
            $"INSERT INTO numbers VALUES ({name}, {value}) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            Cancellation);
        await writer.CommitAsync(Cancellation);
        return request.Token;
    }

    /// <summary>One request that reads.</summary>
    /// <returns>What it saw, 0 for nothing, and which server answered.</returns>
    public static async Task<(int Value, string Server)> ReadAsync(
        TestService service, string name, string? token = null, Consistency consistency = Consistency.Session)
    {
        var (value, server, _) = await LookAsync(service, name, token, consistency);
        return (value, server);
    }

    /// <summary>The same, and the token of its answer.</summary>
    public static async Task<(int Value, string Server, string Token)> LookAsync(
        TestService service, string name, string? token = null, Consistency consistency = Consistency.Session)
    {
        await using var request = Request.Begin(service, token);
        request.Get<SyncTokens>().Consistency = consistency;
        var value = await request.Get<ShardReader>().ReadAsync(
            Owner,
            context => context.Database.SqlQuery<int>($"""SELECT value AS "Value" FROM numbers WHERE name = {name}""")
                .SingleOrDefaultAsync(Cancellation),
            Cancellation);
        return (value, request.Server, request.Token);
    }
}

/// <summary>A request without HTTP: its services, and the token it came with.</summary>
internal sealed class Request : IAsyncDisposable
{
    private readonly AsyncServiceScope _scope;

    private Request(AsyncServiceScope scope) => _scope = scope;

    public SyncTokens Tokens => Get<SyncTokens>();

    public string Token => Get<SyncTokenCodec>().Write(Tokens);

    /// <summary>The last server that answered.</summary>
    public string Server => Get<AnswerTrail>().Sources[^1].Description;

    public static Request Begin(TestService service, string? token = null)
    {
        var request = new Request(service.Services.CreateAsyncScope());
        if (token is not null)
        {
            request.Get<SyncTokenCodec>().Read(token, request.Tokens);
        }

        return request;
    }

    public T Get<T>()
        where T : notnull => _scope.ServiceProvider.GetRequiredService<T>();

    public ValueTask DisposeAsync() => _scope.DisposeAsync();
}
