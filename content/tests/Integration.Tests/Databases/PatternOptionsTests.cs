using Api.Common;
using Microsoft.AspNetCore.Builder;
using Platform;

namespace Integration.Tests.Databases;

public sealed class PatternOptionsTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Theory]
    [InlineData("Sagas:Workers", "0")]
    [InlineData("Commits:WaitSeconds", "-1")]
    [InlineData("Idempotency:Lifetime", "00:00:00")]
    [InlineData("Realtime:HeartbeatSeconds", "0")]
    [InlineData("Cache:LifetimeSeconds", "31")]
    [InlineData("Postgres:MaxPoolSize", "0")]
    [InlineData("Postgres:ReplicaPoolSize", "-1")]
    [InlineData("Postgres:WorkerPoolSize", "1")]
    [InlineData("Postgres:DirectoryPoolSize", "0")]
    [InlineData("Postgres:Timeout", "0")]
    [InlineData("Postgres:CommandTimeout", "0")]
    [InlineData("Postgres:TcpKeepAliveTime", "0")]
    [InlineData("Postgres:MaxConnections", "0")]
    [InlineData("Postgres:MaxConnections", "40")]
    [InlineData("RateLimits:Burst", "0")]
    [InlineData("RateLimits:PerSecond", "0")]
    [InlineData("RateLimits:AtOncePerUser", "0")]
    [InlineData("RateLimits:Reads", "0")]
    [InlineData("RateLimits:Writes", "-1")]
    [InlineData("RateLimits:Queue", "-1")]
    [InlineData("RateLimits:UploadsPerUser", "0")]
    [InlineData("RateLimits:Uploads", "0")]
    [InlineData("RateLimits:StreamsPerUser", "0")]
    [InlineData("RateLimits:Streams", "1000001")]
    public void The_options_of_each_pattern_are_checked_at_the_start(string option, string value)
    {
        var settings = TestService.SettingsOf(fixture.Service.Databases)
            .Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value));
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddInMemoryCollection([.. settings, new(option, value)]);
        builder.Services.AddPlatform(builder.Configuration, (_, _, _) => { });
        builder.Services.AddValidatedOptions<RateLimitOptions>(builder.Configuration, RateLimitOptions.Section);
        using var services = builder.Services.BuildServiceProvider();

        // The host calls this before anything else.
        var refused = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains($"{option} is {value}", refused.Message, StringComparison.Ordinal);
    }
}
