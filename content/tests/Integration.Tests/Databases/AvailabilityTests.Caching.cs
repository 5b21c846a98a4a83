namespace Integration.Tests.Databases;

public sealed partial class AvailabilityTests
{
    [Fact]
    public async Task Readiness_survives_without_Redis()
    {
        await using var service = new TestService(
            _service.Databases, ("ConnectionStrings:redis", "localhost:1,connectTimeout=200"));
        using var client = service.CreateClient();
        var ready = await client.GetAsync("/health/ready", Cancellation);

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal("Degraded", await ready.Content.ReadAsStringAsync(Cancellation));
    }
}
