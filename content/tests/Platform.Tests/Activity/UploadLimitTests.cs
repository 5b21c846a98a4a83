using System.Net.Sockets;

namespace Platform.Tests.Activity;

/// <summary>Uploads that send a part and then nothing more, over real connections.</summary>
public sealed class UploadLimitTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string Line =
        """{"id":"0b9f0d6c-9d0e-4a53-8f1e-000000000001","kind":"click","createdAt":"2026-01-05T10:00:00Z","payload":{"page":"home"}}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sixty_stalled_uploads_of_one_user_hold_little_and_others_are_served()
    {
        await using var service = Start(("RateLimits:UploadsPerUser", "4"), ("RateLimits:Uploads", "16"));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var subject = TestService.NewSubject();
        var stalled = new List<Stalled>();
        for (var i = 0; i < 60; i++)
        {
            stalled.Add(await Stalled.SendAsync(service, subject, megabytes: 3));
        }

        // Which four are taken is the server's choice.
        var waiting = stalled.Select(upload => upload.StatusAsync()).ToList();
        while (waiting.Count > 4)
        {
            var answered = await Task.WhenAny(waiting);
            Assert.Equal(HttpStatusCode.TooManyRequests, await answered);
            waiting.Remove(answered);
        }

        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"60 uploads of 3 MB: {held >> 20} MB more.");
        Assert.True(held < 100 << 20, $"{held >> 20} MB");
        await HttpAssert.JsonAsync(await UploadAsync(service, TestService.NewSubject()), HttpStatusCode.OK);

        // The server ends what has stalled, and then there is room again.
        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(HttpStatusCode.RequestTimeout, status));
        await Eventually.TrueAsync(
            async () => (await UploadAsync(service, subject)).StatusCode == HttpStatusCode.OK, seconds: 30);
        stalled.ForEach(upload => upload.Dispose());
    }

    [Fact]
    public async Task An_instance_takes_so_many_uploads_at_once()
    {
        await using var service = Start(("RateLimits:UploadsPerUser", "4"), ("RateLimits:Uploads", "2"));
        var stalled = new List<Stalled>();
        for (var i = 0; i < 3; i++)
        {
            stalled.Add(await Stalled.SendAsync(service, TestService.NewSubject(), megabytes: 1));
        }

        // One of the three is refused, which the server chooses, and then the other two have been taken.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await await Task.WhenAny(stalled.Select(upload => upload.StatusAsync())));
        var refused = await UploadAsync(service, TestService.NewSubject());
        await HttpAssert.ProblemAsync(refused, HttpStatusCode.ServiceUnavailable);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal(
            HttpStatusCode.OK, (await service.ClientOf(TestService.NewSubject()).GetAsync("/activity", Cancellation)).StatusCode);
        stalled.ForEach(upload => upload.Dispose());
    }

    private static async Task<HttpResponseMessage> UploadAsync(TestService service, string subject)
    {
        using var content = new StringContent(Line);
        content.Headers.ContentType = new("application/x-ndjson");
        return await service.ClientOf(subject).PostAsync("/activity", content, Cancellation);
    }

    private TestService Start(params IEnumerable<(string, string)> settings)
    {
        var service = new TestService(fixture.Service.Databases, settings);
        service.UseKestrel(0);
        service.StartServer();
        return service;
    }

    private sealed class Stalled : IDisposable
    {
        private readonly TcpClient _connection = new();

        /// <summary>Connects, sends so much of a body that is said to be longer, and waits until the server has it or has
        /// answered.</summary>
        public static async Task<Stalled> SendAsync(TestService service, string subject, int megabytes)
        {
            var address = service.ClientOf(subject).BaseAddress!;
            var stalled = new Stalled();
            await stalled._connection.ConnectAsync(address.Host, address.Port, Cancellation);
            var head =
                $"POST /activity HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer "
                + $"{TestService.TokenFor(subject)}\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000000\r\n\r\n";
            var lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Line + "\n", 1_000)));
            try
            {
                await stalled._connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Cancellation);
                for (var sent = 0; sent < megabytes << 20; sent += lines.Length)
                {
                    await stalled._connection.GetStream().WriteAsync(lines, Cancellation).AsTask()
                        .WaitAsync(TimeSpan.FromSeconds(1), Cancellation);
                }
            }
            catch (Exception exception) when (exception is IOException or TimeoutException)
            {
                // Refused: the server does not read what it will not store.
            }

            return stalled;
        }

        public async Task<HttpStatusCode> StatusAsync()
        {
            var buffer = new byte[12];
            await _connection.GetStream().ReadExactlyAsync(buffer, Cancellation).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            return (HttpStatusCode)int.Parse(Encoding.ASCII.GetString(buffer)[9..], null);
        }

        public void Dispose() => _connection.Dispose();
    }
}
