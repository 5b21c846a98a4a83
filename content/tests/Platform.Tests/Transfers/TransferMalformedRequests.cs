using Platform.Tests.Http;

namespace Platform.Tests.Transfers;

internal sealed class TransferMalformedRequests : IMalformedRequests
{
    private const string Wallet = "01a20c95-d6fb-80af-b6dc-6990ef209cf3";

    private static readonly string[] Keys = ["", " ", "a b", "ä", "a\tb", new('k', 256), "\u007f"];

    private static readonly string[] Queries =
    [
        "limit=0", "limit=201", "limit=-1", "limit=1.5", "limit=abc", "limit=", "limit=99999999999", "limit=0x10",
        "limit=1&limit=2",
        "after=abc", "after=", "after=1", "after=%00", "after=%ff", "after=%zz",
    ];

    private static string Body(string from = Wallet, string to = "\"bob\"", string amount = "1", string currency = "\"EUR\"") =>
        $$"""{"from":"{{from}}","to":{{to}},"amount":{{amount}},"currency":{{currency}}}""";

    private static string[] Bodies =>
    [
        "{}", Body(from: "abc"), Body(from: ""), Body(from: "01a20c95d6fb80afb6dc6990ef209cf3"), Body(to: "null"),
        Body(to: "\"\""), Body(to: "5"),
        Body(to: "\"No Handle!\""), Body(to: "\"\\u0000\\u0000\\u0000\""), Body(to: "\"\\ud800aa\""),
        Body(to: $"\"{new string('a', 31)}\""),
        Body(to: "{}"), Body(amount: "0"), Body(amount: "-1"), Body(amount: "1.5"), Body(amount: "1e2"), Body(amount: "\"5\""),
        Body(amount: "null"),
        Body(amount: "9223372036854775807"), Body(amount: "9223372036854775808"), Body(amount: "1e400000"), Body(amount: "true"),
        Body(currency: "null"), Body(currency: "\"EURO\""), Body(currency: "\"XXX\""), Body(currency: "\"eur\""),
        Body(currency: "\"\\u0000\\u0000\\u0000\""),
        Body(currency: "978"), Body() + "x", Body()[..^1] + ",\"more\":1}", Body()[..^1] + ",\"amount\":1}",
        Body()[..^1] + ",\"\\u0061mount\":1}",
    ];

    public IEnumerable<MalformedRequest> All =>
    [
        .. Bodies.Select(
            body => MalformedRequest.Json(
                $"body {body}", "POST", "/transfers", body) with { Headers = [("Idempotency-Key", "k")] }),
        .. Keys.Select(
            key => MalformedRequest.Json(
                $"key '{key}'", "POST", "/transfers", Body()) with { Headers = [("Idempotency-Key", key)] }),
        MalformedRequest.Json("no key", "POST", "/transfers", Body()),
        MalformedRequest.Json(
            "two keys", "POST", "/transfers", Body()) with { Headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")] },
        .. Queries.Select(query => new MalformedRequest(query, "GET", $"/transfers?{query}")),
        new("no id", "GET", "/transfers/abc"),
        new("an id of nothing", "GET", $"/transfers/{Guid.Empty}"),
    ];
}
