using Platform.Caching;

namespace Integration.Tests.Caching;

public sealed class CacheFloorsTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;
    private readonly string _key = $"{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("directory")]
    [InlineData("shard0")]
    public async Task A_floor_is_in_Redis_when_the_commit_returns(string database)
    {
        await RaiseAsync(_service, database, commit: true);

        Assert.Equal(3, await FloorAsync(database));
    }

    [Fact]
    public async Task Without_a_commit_there_is_no_floor()
    {
        await RaiseAsync(_service, "shard0", commit: false);

        Assert.Equal(0, await FloorAsync("shard0"));
    }

    [Fact]
    public async Task A_write_does_not_fail_without_Redis()
    {
        await using var alone = new TestService(
            _service.Databases, ("ConnectionStrings:redis", "localhost:1,connectTimeout=200"));
        _ = alone.Services;
        var took = Stopwatch.StartNew();
        await RaiseAsync(alone, "shard0", commit: true);

        Assert.InRange(took.Elapsed.TotalSeconds, 0, 2);
    }

    [Theory]
    [InlineData(
        "Cache:LifetimeSeconds", "31", "Cache:LifetimeSeconds is 31: The field LifetimeSeconds must be between 1 and 30.")]
    [InlineData("Cache:LifetimeSeconds", "0", "Cache:LifetimeSeconds is 0: The field LifetimeSeconds must be between 1 and 30.")]
    [InlineData("Cache:LocalSeconds", "6", "Cache:LocalSeconds is 6: The field LocalSeconds must be between 0 and 5.")]
    public void A_service_does_not_start_with_options_that_promise_too_little(string name, string value, string sentence)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(name, (string?)value)]).Build();
        using var services = new ServiceCollection().AddCaching(configuration).BuildServiceProvider();

        var refused = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);
        Assert.Equal(sentence, refused.Message);
    }

    private async Task<long> FloorAsync(string database)
    {
        var timeline = _service.Services.GetRequiredService<PrimaryTimelines>().Highest(database);
        StoredEntry? entry = null;
        // Not before this service has connected.
        await Eventually.TrueAsync(async () => (entry = await _service.Services.GetRequiredService<RedisEntries>()
            .ReadAsync(ThingJson.In(database).KeyOf(_key, timeline))) is not null);
        return entry!.Floor;
    }

    private async Task RaiseAsync(TestService service, string database, bool commit)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        var owner = TestService.UserOf(TestService.NewSubject(shard: 0));
        if (database == "directory")
        {
            await writer.JoinDirectoryAsync(owner, Cancellation);
        }
        else
        {
            await writer.JoinAsync(owner, Cancellation);
        }

        scope.ServiceProvider.GetRequiredService<CacheFloors>().Raise(ThingJson.In(database), [_key], version: 3);
        if (commit)
        {
            await writer.CommitAsync(Cancellation);
        }
    }
}
