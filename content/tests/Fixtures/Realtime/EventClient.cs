using System.Net.ServerSentEvents;

namespace Fixtures;

/// <summary>
/// A client of the stream, as one would write it: it remembers the last id, and says it when it connects again.
/// </summary>
internal sealed class EventClient(string subject) : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly List<SseItem<string>> _received = [];
    private HttpResponseMessage? _response;
    private IAsyncEnumerator<SseItem<string>>? _items;

    public string? LastId { get; set; }

    /// <summary>What was said in the stream about the stream itself.</summary>
    public List<SseItem<string>> Notices { get; } = [];

    /// <summary>The number that each event of a test carries.</summary>
    public IReadOnlyList<int> Numbers => [.. _received.Select(NumberOf)];

    public IReadOnlyList<string> Types => [.. _received.Select(item => item.EventType)];

    public int Count => _received.Count;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static int NumberOf(SseItem<string> item) =>
        JsonElement.Parse(item.Data).GetProperty("payload").GetProperty("number").GetInt32();

    public Task ConnectAsync(TestService service, string? token = null) =>
        ConnectAsync(token is null ? service.ClientOf(subject) : service.ClientWith(token));

    /// <param name="client">Signed in.</param>
    public async Task ConnectAsync(HttpClient client)
    {
        await DisconnectAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events");
        if (LastId is not null)
        {
            request.Headers.Add("Last-Event-ID", LastId);
        }

        _response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(HttpStatusCode.OK, _response.StatusCode);
        Assert.Equal("text/event-stream", _response.Content.Headers.ContentType?.MediaType);
        var stream = await _response.Content.ReadAsStreamAsync(Cancellation);
        _items = SseParser.Create(stream).EnumerateAsync(Cancellation).GetAsyncEnumerator(Cancellation);
    }

    /// <summary>The next of any kind; null when the stream has ended.</summary>
    public async Task<SseItem<string>?> NextAsync(double seconds = 20)
    {
        if (!await _items!.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(seconds), Cancellation))
        {
            return null;
        }

        var item = _items.Current;
        LastId = item.EventId is { Length: > 0 } id ? id : LastId;
        (item.EventType is "heartbeat" or "ready" or "reset" ? Notices : _received).Add(item);
        return item;
    }

    /// <summary>Reads on until there is one of that type.</summary>
    public async Task<SseItem<string>> UntilAsync(string type)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var item = await NextAsync() ?? throw new InvalidOperationException($"The stream ended without '{type}'.");
            if (item.EventType == type)
            {
                return item;
            }

            // Heartbeats come for ever.
            Assert.True(waited.Elapsed < Timeout, $"There is no '{type}' among {string.Join(", ", Types.TakeLast(20))}.");
        }
    }

    public async Task<IReadOnlyList<int>> UntilCountAsync(int count)
    {
        for (var waited = Stopwatch.StartNew(); _received.Count < count;)
        {
            Assert.NotNull(await NextAsync());
            Assert.True(waited.Elapsed < Timeout, $"There are {_received.Count} events and not {count}.");
        }

        return Numbers;
    }

    public async Task DisconnectAsync()
    {
        _response?.Dispose();
        _response = null;
        if (_items is { } items)
        {
            _items = null;
            try
            {
                await items.DisposeAsync();
            }
            catch (Exception exception) when (exception is NotSupportedException or IOException or OperationCanceledException)
            {
                // A read that was under way when the connection was cut off.
            }
        }
    }

    public async ValueTask DisposeAsync() => await DisconnectAsync();
}
