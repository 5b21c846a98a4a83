using System.Globalization;
using System.Net.Sockets;

namespace Platform.Tests.Activity;

/// <summary>Bodies that are larger than what is held of them, over real connections.</summary>
[Collection(nameof(Timed))]
public sealed class ActivityMemoryTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly string _subject = TestService.NewSubject();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private UserId Owner => TestService.UserOf(_subject);

    /// <summary><c>ACTIVITY_MEGABYTES</c> says how large the body is.</summary>
    [Fact]
    public async Task A_body_of_any_size_is_stored_in_bounded_memory()
    {
        var megabytes = int.Parse(Environment.GetEnvironmentVariable("ACTIVITY_MEGABYTES") ?? "40", CultureInfo.InvariantCulture);
        await using var service = Start();
        var client = service.ClientOf(_subject);
        client.Timeout = TimeSpan.FromMinutes(30);
        await client.PostAsync("/activity", new LinesContent(megabytes: 1, prefix: 1), Cancellation);
        var (before, peak) = (Live(), 0L);
        using var enough = new CancellationTokenSource();
        var watching = Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    peak = Math.Max(peak, Live());
                    await Task.Delay(200, CancellationToken.None);
                }
            },
            Cancellation);
        var content = new LinesContent(megabytes, prefix: 2);
        var watch = Stopwatch.StartNew();

        var report = await HttpAssert.JsonAsync(await client.PostAsync("/activity", content, Cancellation), HttpStatusCode.OK);

        await enough.CancelAsync();
        await watching;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{megabytes} MB, {content.Lines} lines in {watch.Elapsed.TotalSeconds:0.0} s "
            + $"({content.Lines / watch.Elapsed.TotalSeconds:0} rows/s); live heap {before >> 20} MB before, at most "
            + $"{peak >> 20} MB; working set at most {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB.");
        Assert.Equal(content.Lines, report.GetProperty("accepted").GetInt64());
        Assert.True(peak - before < 120 << 20, $"{(peak - before) >> 20} MB more than before.");

        static long Live() => GC.GetTotalMemory(forceFullCollection: true);
    }

    [Fact]
    public async Task A_connection_that_breaks_keeps_what_was_stored_and_a_repeat_is_harmless()
    {
        await using var service = Start();
        var all = new LinesContent(megabytes: 12, prefix: 3);
        using var broken = new TcpClient();
        var address = service.ClientOf(_subject).BaseAddress!;
        await broken.ConnectAsync(address.Host, address.Port, Cancellation);
        var stream = broken.GetStream();
        var token = TestService.TokenFor(_subject);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /activity HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\nContent-Length: "
                + "12000000000\r\n\r\n"),
            Cancellation);
        await all.CopyToAsync(stream, Cancellation);
        await stream.FlushAsync(Cancellation);
        await Eventually.TrueAsync(async () => await CountAsync() > 0, seconds: 60);

        broken.Client.Close(timeout: 0);

        var report = await HttpAssert.JsonAsync(
            await service.ClientOf(_subject).PostAsync("/activity", all, Cancellation), HttpStatusCode.OK);
        var (accepted, duplicates) = (report.GetProperty("accepted").GetInt64(), report.GetProperty("duplicates").GetInt64());
        Assert.Equal(all.Lines, accepted + duplicates);
        Assert.True(duplicates > 0);
        Assert.Equal(all.Lines, await CountAsync());
    }

    private TestService Start()
    {
        var service = new TestService(fixture.Service.Databases);
        service.UseKestrel(0);
        service.StartServer();
        return service;
    }

    private Task<long> CountAsync() =>
        fixture.Service.Databases.ScalarAsync<long>("shard0", $"SELECT count(*) FROM activity WHERE owner_id = '{Owner}'");

    /// <summary>So many bytes of lines that are made while they are sent.</summary>
    private sealed class LinesContent(int megabytes, int prefix) : HttpContent
    {
        private const string Filler =
            "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz";

        public long Lines => (long)megabytes * 1_000_000 / LineOf(0).Length;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var buffer = new MemoryStream();
            for (long i = 0; i < Lines; i++)
            {
                buffer.Write(LineOf(i));
                if (buffer.Length > 60_000 || i == Lines - 1)
                {
                    await stream.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
                    buffer.SetLength(0);
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        private byte[] LineOf(long number) => Encoding.UTF8.GetBytes(
            $$$"""{"id":"{{{prefix:x8}}}-0000-4000-8000-{{{number:x12}}}","kind":"click","createdAt":"2026-01-05T10:00:00Z","payload":{"page":"{{{number % 100:000}}}","text":"{{{Filler}}}"}}""" + "\n");
    }
}
