namespace Platform.Tests.Http;

public sealed class RandomRequestTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Fact]
    public Task Ten_thousand_random_requests_are_never_a_failure() =>
        RandomRequests.SendAsync(fixture.Service.Databases, 10_000);
}
