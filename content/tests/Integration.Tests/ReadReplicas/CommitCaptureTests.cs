using NpgsqlTypes;
using Platform.Idempotency;

namespace Integration.Tests.ReadReplicas;

public sealed class CommitCaptureTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>, IAsyncLifetime
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Numbers.CreateAsync(_service.Databases);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_token_covers_the_commit_it_was_issued_for()
    {
        using var enough = new CancellationTokenSource();
        var others = Enumerable.Range(0, 4).Select(other => Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    await Numbers.WriteAsync(_service, $"other {other}", 1);
                }
            },
            Cancellation)).ToArray();
        for (var i = 0; i < Repetitions.Of(usual: 50, thorough: 200); i++)
        {
            var token = await Numbers.WriteAsync(_service, $"note {i}", i + 1);
            Assert.False(await IsStaleAsync($"note {i}", PositionIn(token)),
                $"The replica had passed the token of note {i}, and not the note.");
        }

        await enough.CancelAsync();
        await Task.WhenAll(others);
    }

    /// <summary>
    /// The same check on positions that were read inside the transaction, while the replica is kept right behind them.
    /// </summary>
    [Fact]
    public async Task A_position_that_was_read_before_COMMIT_is_found_to_be_stale()
    {
        await using var request = Request.Begin(_service);
        var writer = request.Get<ShardWriter>();
        var context = await writer.JoinAsync(Numbers.Owner, Cancellation);
        await context.Database.ExecuteSqlAsync($"INSERT INTO numbers VALUES ('early', 1)", Cancellation);
        var early = await context.Database
            .SqlQuery<NpgsqlLogSequenceNumber>($"""SELECT pg_current_wal_flush_lsn() AS "Value" """).SingleAsync(Cancellation);
        await using var paused = await PausedReplica.PauseAsync(_service.Databases);
        await writer.CommitAsync(Cancellation);

        Assert.True(await IsStaleAsync("early", new WalPosition(1, (ulong)early)));
    }

    public static TheoryData<string> KindsOfWrites =>
        ["one entity", "many entities", "ExecuteUpdate", "SQL", "worker", "directory"];

    [Theory]
    [MemberData(nameof(KindsOfWrites))]
    public async Task Every_kind_of_write_leaves_a_token(string kind)
    {
        await AddKeyAsync();
        await Numbers.WriteAsync(_service, kind, 1);
        var before = await FlushedAsync();
        await using var request = Request.Begin(_service);
        var writer = request.Get<ShardWriter>();
        var database = kind == "directory" ? DatabaseNames.Directory : Numbers.Shard;
        if (kind == "directory")
        {
            var context = await writer.JoinDirectoryAsync(Numbers.Owner, Cancellation);
            await context.Database.ExecuteSqlAsync($"INSERT INTO numbers VALUES ({kind}, 2)", Cancellation);
        }
        else
        {
            if (kind == "worker")
            {
                writer.UseWorkerRole();
            }

            var context = await writer.JoinAsync(Numbers.Owner, Cancellation);
            switch (kind)
            {
                case "one entity" or "many entities":
                    context.AddRange(Enumerable.Range(0, kind == "one entity" ? 1 : 3).Select(_ =>
                        new IdempotencyKey
                        {
                            Owner = Numbers.Owner,
                            Key = $"{Guid.NewGuid()}",
                            CreatedAt = DateTimeOffset.UtcNow
                        }));
                    break;
                case "ExecuteUpdate":
                    await context.Set<IdempotencyKey>()
                        .ExecuteUpdateAsync(set => set.SetProperty(key => key.CreatedAt, DateTimeOffset.UtcNow), Cancellation);
                    break;
                default:
                    await context.Database.ExecuteSqlAsync($"UPDATE numbers SET value = 2 WHERE name = {kind}", Cancellation);
                    break;
            }
        }

        Assert.Null(request.Tokens.Needed(database));
        await writer.CommitAsync(Cancellation);
        var position = request.Tokens.Needed(database);

        Assert.NotNull(position);
        Assert.Equal(1, position.Value.Timeline);
        Assert.InRange(position.Value.Lsn, before + 1, await FlushedAsync());
        Assert.StartsWith($"{database}=", request.Token, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_fails_leaves_no_token()
    {
        await using var request = Request.Begin(_service);
        var writer = request.Get<ShardWriter>();
        var context = await writer.JoinAsync(Numbers.Owner, Cancellation);
        await context.Database.ExecuteSqlAsync($"INSERT INTO numbers VALUES ('rolled back', 1)", Cancellation);
        await writer.DisposeAsync();

        Assert.False(request.Tokens.HasCommitted);
    }

    /// <summary>Each of these would commit by itself, with nobody to learn of its position.</summary>
    [Fact]
    public async Task A_write_past_the_unit_of_work_is_refused()
    {
        await using var context = _service.Services.GetRequiredService<ContextPool<ShardContext>>().Rent(Numbers.Shard);
        var keys = context.Set<IdempotencyKey>();

        await Assert.ThrowsAsync<InvalidOperationException>(() => keys.ExecuteDeleteAsync(Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => keys.ExecuteUpdateAsync(set => set.SetProperty(key => key.CreatedAt, DateTimeOffset.UtcNow), Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => context.Database.ExecuteSqlAsync($"INSERT INTO numbers VALUES ('past', 1)", Cancellation));
        await using (await context.Database.BeginTransactionAsync(Cancellation))
        {
            await context.Database.ExecuteSqlAsync($"INSERT INTO numbers VALUES ('past', 1)", Cancellation);
            await Assert.ThrowsAsync<InvalidOperationException>(() => context.Database.CommitTransactionAsync(Cancellation));
        }

        Assert.Equal(
            0, await _service.Databases.ScalarAsync<long>(Numbers.Shard, "SELECT count(*) FROM numbers WHERE name = 'past'"));
    }

    private async Task AddKeyAsync()
    {
        await using var request = Request.Begin(_service);
        var writer = request.Get<ShardWriter>();
        (await writer.JoinAsync(Numbers.Owner, Cancellation)).Add(
            new IdempotencyKey { Owner = Numbers.Owner, Key = $"{Guid.NewGuid()}", CreatedAt = DateTimeOffset.UtcNow });
        await writer.CommitAsync(Cancellation);
    }

    private WalPosition PositionIn(string token)
    {
        var tokens = new SyncTokens();
        _service.Services.GetRequiredService<SyncTokenCodec>().Read(token, tokens);
        return tokens.Needed(Numbers.Shard)!.Value;
    }

    /// <summary>Whether the replica, once past the position, lacks the note.</summary>
    private async Task<bool> IsStaleAsync(string note, WalPosition position)
    {
        var lsn = new NpgsqlLogSequenceNumber(position.Lsn);
        // In this order: the position must have been passed before the note is looked for.
        await Eventually.TrueAsync(() => _service.Databases.ScalarAsync<bool>(
            Numbers.Shard, $"SELECT pg_last_wal_replay_lsn() >= '{lsn}'::pg_lsn", replica: true), seconds: 60);

        return !await _service.Databases.ScalarAsync<bool>(
            Numbers.Shard, $"SELECT EXISTS (SELECT FROM numbers WHERE name = '{note}')", replica: true);
    }

    private async Task<ulong> FlushedAsync() =>
        (ulong)await _service.Databases.ScalarAsync<NpgsqlLogSequenceNumber>(Numbers.Shard, "SELECT pg_current_wal_flush_lsn()");
}
