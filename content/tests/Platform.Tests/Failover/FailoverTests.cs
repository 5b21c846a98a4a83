using static Fixtures.FailoverNotes;

namespace Platform.Tests.Failover;

/// <summary>
/// Each test has servers of its own, since it breaks them. "Old" is the first primary and "new" the replica that is
/// promoted; instances of the service are never restarted.
/// </summary>
[Collection(nameof(Timed))]
public sealed class FailoverTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writes_go_on_within_two_seconds_of_a_promotion_and_none_that_was_acknowledged_is_lost()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation, synchronousReplica: true);
        var databases = await PrepareAsync(servers);
        await using var service = Start(databases);
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var acknowledged = new ConcurrentBag<string>();
        var writers = Enumerable.Range(0, 4).Select(WriteOnAsync).ToArray();
        await Eventually.TrueAsync(() => acknowledged.Count > 50);

        await servers.Topology.KillPrimaryAsync(Cancellation);
        await servers.Topology.PromoteReplicaAsync(Cancellation);
        var before = acknowledged.Count;
        var promoted = Stopwatch.StartNew();
        await Eventually.TrueAsync(() => acknowledged.Count > before);
        var took = promoted.Elapsed;
        await Eventually.TrueAsync(() => acknowledged.Count > before + 50);
        await writing.CancelAsync();
        await Task.WhenAll(writers);

        TestContext.Current.SendDiagnosticMessage(
            "The first write came {0} ms after the promotion.", (int)took.TotalMilliseconds);
        Assert.True(took < Limit, $"The first write came {took.TotalMilliseconds:0} ms after the promotion.");
        Assert.Subset(await NotesAsync(databases, onNew: true), acknowledged.ToHashSet());

        async Task WriteOnAsync(int writer)
        {
            for (var i = 0; !writing.IsCancellationRequested; i++)
            {
                if (await TryWriteAsync(service, $"{writer}/{i}", Cancellation) is null)
                {
                    acknowledged.Add($"{writer}/{i}");
                }
            }
        }
    }

    [Fact]
    public async Task A_process_that_has_seen_nothing_yet_is_not_fooled_by_an_old_primary()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        await servers.Topology.PromoteReplicaAsync(Cancellation);
        var configuration = Servers.Configuration(database => servers.PrimaryConnectionString(database, DatabaseRoles.ReadWrite));

        await using var old = Source(servers.Topology.Primary.ToString());
        var refused = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await old.OpenConnectionAsync(Cancellation));
        Assert.Contains("is an old primary", refused.Message, StringComparison.Ordinal);

        await using var any = Source(host: null);
        await using var connection = await any.OpenConnectionAsync(Cancellation);
        Assert.Equal(servers.Topology.Replica.Port, connection.Port);

        NpgsqlDataSource Source(string? host)
        {
            var source = new NpgsqlDataSourceBuilder(configuration.GetConnectionString(Shard));
            source.UsePrimaryFence(new PrimaryTimelines(configuration), Shard, host);
            return source.Build();
        }
    }

    [Fact]
    public async Task An_old_primary_that_hung_and_goes_on_gets_no_write()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = await PrepareAsync(servers);
        await using var service = Start(databases);
        await using var scope = service.Services.CreateAsyncScope();
        var open = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        await InsertAsync(open, "in an open transaction");
        await WriteAsync(service, "before"); // On another connection, which is in the pool then.

        await servers.Topology.StopPrimaryAsync();
        await servers.Topology.PromoteReplicaAsync(Cancellation);
        var took = await FirstWriteAsync(service, "meanwhile");
        TestContext.Current.SendDiagnosticMessage(
            "The first write came {0} ms after the promotion.", (int)took.TotalMilliseconds);
        await servers.Topology.ContinueAsync();

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => open.CommitAsync(Cancellation));
        Assert.Equal(DatabaseError.OldTimeline, DatabaseErrors.Of(refused));
        for (var i = 0; i < 40; i++)
        {
            await WriteAsync(service, $"after {i}");
        }

        // The pool has none of its connections left.
        await AssertRefusedAsync(service, servers.Topology.Primary.ToString(), "is an old primary");
        Assert.Equal(["before"], await NotesAsync(databases, onNew: false));
        Assert.True(took < Limit, $"The first write came {took.TotalMilliseconds:0} ms after the promotion.");
    }

    [Fact]
    public async Task A_connection_to_the_old_primary_that_is_still_in_the_pool_gets_no_write()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = await PrepareAsync(servers);
        await using var service = Start(databases, ("Failover:ProbeMilliseconds", "3600000"));
        await WriteAsync(service, "before");

        await servers.Topology.PromoteReplicaAsync(Cancellation);
        service.Services.GetRequiredService<PrimaryTimelines>().Observe(Shard, 2);
        await using var scope = service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => InsertAsync(writer, "after"));

        Assert.Equal(DatabaseError.OldTimeline, DatabaseErrors.Of(refused));
        Assert.True(await writer.CanRetryAsync(refused, 1, Cancellation));
        await AssertRefusedAsync(service, servers.Topology.Primary.ToString(), "is an old primary");
        Assert.Equal(["before"], await NotesAsync(databases, onNew: false));
    }

    [Fact]
    public async Task A_primary_that_crashed_and_comes_back_is_used_again()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = await PrepareAsync(servers);
        await using var service = Start(databases);
        await WriteAsync(service, "before");

        await servers.Topology.KillPrimaryAsync(Cancellation);
        Assert.NotNull(await TryWriteAsync(service, "meanwhile", Cancellation));
        await AssertRefusedAsync(service, servers.Topology.Replica.ToString(), "in recovery");
        await servers.Topology.RestartPrimaryAsync(Cancellation);
        var took = await FirstWriteAsync(service, "after");

        Assert.True(took < Limit, $"The first write came {took.TotalMilliseconds:0} ms after the restart.");
    }

    /// <summary>
    /// How long it takes until one of many clients, of which some may wait for a server that hangs, has written.
    /// </summary>
    private static async Task<TimeSpan> FirstWriteAsync(TestService service, string note)
    {
        var waited = Stopwatch.StartNew();
        var attempts = new List<Task<Exception?>>();
        while (!attempts.Exists(attempt => attempt.IsCompletedSuccessfully && attempt.Result is null))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), "Nobody could write.");
            attempts.Add(TryWriteAsync(service, note, Cancellation));
            await Task.Delay(100, Cancellation);
        }

        return waited.Elapsed;
    }
}
