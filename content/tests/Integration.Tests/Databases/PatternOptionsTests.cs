using Integration.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
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
    public void The_options_of_each_pattern_are_checked_at_the_start(string option, string value)
    {
        var settings = TestService.SettingsOf(fixture.Service.Databases)
            .Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([.. settings, new(option, value)]).Build();
        using var services = new ServiceCollection().AddPlatform(configuration).BuildServiceProvider();

        // The host calls this before anything else.
        var refused = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains($"{option} is {value}", refused.Message, StringComparison.Ordinal);
    }
}
