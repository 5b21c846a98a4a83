using Platform.Tests.Http;

namespace Platform.Tests.Activity;

internal sealed class ActivityMalformedRequests : IMalformedRequests
{
    private static readonly string[] Filters =
    [
        "", " ", "[1]", "1", "null", "\"a\"", "{", "{}x", "{} {}", "{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}",
        "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\\ud800\"}",
        "{\"a\":1e400000}", "{\"a\":1e131072}", "{\"a\":1e-16384}", "{\"a\":1e99999999999}", "{\"a\":-1e400000}",
        "{\"a\":0e-20000}", "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}", "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":\"\u0000\"}", "{\"a\":01}", "{\"a\":NaN}", "/**/{}",
        "{\"a\":1,}", "\ufeff{\"a\":1}",
        $"{{\"a\":{Nested(40)}}}", $"{{\"a\":{Nested(70)}}}", $"{{\"a\":{Nested(1_000)}}}",
        $"{{\"a\":[{Repeated("1e131071", 150)}]}}",
        $"{{\"a\":[{Repeated("1e60000", 2)}]}}",
    ];

    private static readonly string[] Times =
    [
        "", "now", "2026", "2026-01-05", "2026-01-05T10:00:00", "2026-01-05 10:00:00Z", "2026-01-05T10:00:00 02:00",
        "05/01/2026", "2026-13-05T10:00:00Z",
        "2026-01-32T10:00:00Z", "2026-01-05T25:00:00Z", "2026-01-05T10:00:00+99:00", "10000-01-01T00:00:00Z", "1767607200",
        "Jan 5 2026 10:00 Z",
        "0001-01-01T00:00:00%2B05:00", "2026-01-05T10:00:00Z&since=2026-01-05T10:00:00Z",
    ];

    private static readonly string[] Queries =
        ["limit=0", "limit=201", "limit=abc", "limit=", "after=", "after=abc", "after=%00", "after=!!!!", $"after={Guid.Empty}",
            $"after={new string('A', 5_000)}"];

    public IEnumerable<MalformedRequest> All =>
    [
        .. Filters.Select(
            filter => new MalformedRequest($"filter {filter}", "GET", $"/activity?filter={Uri.EscapeDataString(filter)}")),
        new("filter is not UTF-8", "GET", "/activity?filter={\"a\":\"%ff\"}&filter={}"),
        .. Times.Select(time => new MalformedRequest("since", "GET", $"/activity?since={time}")),
        .. Times.Select(
            time => new MalformedRequest(
                "until", "GET", $"/activity?until={time.Replace("since", "until", StringComparison.Ordinal)}")),
        .. Queries.Select(query => new MalformedRequest("query", "GET", $"/activity?{query}")),
    ];

    private static string Nested(int depth) => $"{new string('[', depth)}{new string(']', depth)}";

    private static string Repeated(string value, int times) => string.Join(',', Enumerable.Repeat(value, times));
}
