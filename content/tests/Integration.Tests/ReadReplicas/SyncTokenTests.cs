namespace Integration.Tests.ReadReplicas;

/// <summary>What a Sync-Token says, and whose word it is.</summary>
public sealed class SyncTokenTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>, IAsyncLifetime
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Numbers.CreateAsync(_service.Databases);
        await _service.Databases.ReplicaHasCaughtUpAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("shard0=AAAA;sn=1")]
    [InlineData("shard0=;sn=1")]
    [InlineData("nonsense")]
    [InlineData(",")]
    [InlineData("shard0")]
    [InlineData("shard0=AAAAAQAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAA;sn=1")]
    public async Task A_token_that_is_forged_or_malformed_reads_the_primary(string token) =>
        Assert.Equal((0, "primary"), await Numbers.ReadAsync(_service, "nothing", token));

    [Fact]
    public async Task A_token_is_only_what_its_service_has_signed()
    {
        var token = await Numbers.WriteAsync(_service, "note", 4);
        await _service.Databases.ReplicaHasCaughtUpAsync();
        await using var stranger = new TestService(_service.Databases, ("SyncTokens:Key", Convert.ToBase64String(new byte[32])));

        Assert.Equal("replica", (await Numbers.ReadAsync(_service, "note", token)).Server);
        Assert.Equal("primary", (await Numbers.ReadAsync(stranger, "note", token)).Server);
        Assert.Equal("primary",
            (await Numbers.ReadAsync(_service, "note", $"{token[..20]}{(token[20] == 'A' ? 'B' : 'A')}{token[21..]}")).Server);
        // The value of one database is not one of another.
        Assert.True(Tokens(token.Replace("shard0", "shard1", StringComparison.Ordinal)).IsUnreadable);
        Assert.False(Tokens($"shard77=AAAA;sn=5,{token}").IsUnreadable);
    }

    [Fact]
    public async Task Tokens_of_several_databases_and_requests_are_merged_by_the_higher_position()
    {
        var codec = _service.Services.GetRequiredService<SyncTokenCodec>();
        var (low, high) = (new WalPosition(1, 500), new WalPosition(2, 400));
        var tokens = Tokens($"{codec.Write("shard0", high)}, {codec.Write("directory", low)} , {codec.Write("shard0", low)}");

        var cluster = _service.Services.GetRequiredService<PrimaryTimelines>().Of("shard0").Known.Cluster;
        Assert.Equal(high with { Cluster = cluster }, tokens.Needed("shard0"));
        Assert.Equal(low with { Cluster = cluster }, tokens.Needed("directory"));
        Assert.Null(tokens.Needed("shard1"));
        await using var request = Request.Begin(
            _service, await Numbers.WriteAsync(_service, "note", 5, codec.Write("directory", low)));
        Assert.Equal(low with { Cluster = cluster }, request.Tokens.Needed("directory"));
        Assert.NotNull(request.Tokens.Needed("shard0"));
    }

    [Fact]
    public async Task A_token_that_the_previous_key_has_signed_is_understood_and_the_next_is_signed_by_the_new_key()
    {
        var (first, second) = (Key(1), Key(2));
        await using var before = new TestService(_service.Databases, ("SyncTokens:Key", first));
        await using var during = new TestService(
            _service.Databases, ("SyncTokens:Key", second), ("SyncTokens:PreviousKey", first));
        await using var after = new TestService(_service.Databases, ("SyncTokens:Key", second));
        var position = new WalPosition(1, 500);
        var old = Codec(before).Write(Numbers.Shard, position);
        var tokens = new SyncTokens();

        Assert.True(Codec(during).Read(old, tokens));
        Assert.Equal(500u, tokens.Needed(Numbers.Shard)!.Value.Lsn);
        Assert.True(Codec(after).Read(Codec(during).Write(tokens), new SyncTokens()));
        Assert.False(Codec(after).Read(old, new SyncTokens()));

        static string Key(byte of) => Convert.ToBase64String(Enumerable.Repeat(of, 32).ToArray());

        static SyncTokenCodec Codec(TestService service) => service.Services.GetRequiredService<SyncTokenCodec>();
    }

    private SyncTokens Tokens(string token)
    {
        var tokens = new SyncTokens();
        _service.Services.GetRequiredService<SyncTokenCodec>().Read(token, tokens);
        return tokens;
    }
}
