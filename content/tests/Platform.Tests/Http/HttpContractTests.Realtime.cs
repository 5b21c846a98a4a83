namespace Platform.Tests.Http;

public sealed partial class HttpContractTests
{
    [Fact]
    public async Task HEAD_of_an_event_stream_ends()
    {
        await using var service = StartKestrel();
        using var head = await service.ClientOf(TestService.NewSubject())
            .SendAsync(new HttpRequestMessage(HttpMethod.Head, "/events"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("text/event-stream", head.Content.Headers.ContentType?.MediaType);
    }
}
