using Platform.Tests.Http;

namespace Platform.Tests.Wallets;

internal sealed class WalletMalformedRequests : IMalformedRequests
{
    private const string Wallet = "/wallets/01a20c95-d6fb-80af-b6dc-6990ef209cf3";

    private static readonly string[] Queries =
    [
        "limit=0", "limit=201", "limit=-1", "limit=1.5", "limit=abc", "limit=", "limit=99999999999", "limit=%20",
        "limit=1&limit=2",
        "after=abc", "after=", "after=5", "after=%00", "after=%ff", "after=%zz", "after=00000000-0000-0000-0000-00000000000g",
    ];

    private static readonly string[] Currencies =
        ["null", "5", "\"\"", "\"EURO\"", "\"XXX\"", "\"eur\"", "\"\\u0000\\u0000\\u0000\"", "\"\\ud800\\ud800\\ud800\"", "[]",
            "{}", "true"];

    private static readonly string[] Amounts = ["0", "-1", "1.5", "\"5\"", "null", "1e1", "1e400000", "9223372036854775808",
        "9223372036854775807", "[]"];

    private static readonly string[] Ids = ["abc", "0", "%20", "%ff", "..%2f", "01a20c95-d6fb-80af-b6dc-6990ef209cf",
        $"{Guid.Empty}", $"{Guid.AllBitsSet}"];

    public IEnumerable<MalformedRequest> All =>
    [
        .. Queries.Select(query => new MalformedRequest(query, "GET", $"/wallets?{query}")),
        .. Queries.Select(query => new MalformedRequest(query, "GET", $"{Wallet}/entries?{query}")),
        .. Ids.Select(id => new MalformedRequest("id", "GET", $"/wallets/{id}")),
        .. Ids.Select(id => new MalformedRequest("id", "GET", $"/wallets/{id}/entries")),
        .. Ids.Select(id => new MalformedRequest("id", "POST", $"/wallets/{id}/freeze")),
        .. Currencies.Select(
            currency => MalformedRequest.Json("currency", "POST", "/wallets", $$"""{"currency":{{currency}}}""")),
        .. Amounts.Select(amount => Deposit($$"""{"amount":{{amount}},"currency":"EUR"}""")),
        .. Currencies.Select(currency => Deposit($$"""{"amount":1,"currency":{{currency}}}""")),
    ];

    private static MalformedRequest Deposit(string body) =>
        MalformedRequest.Json($"body {body}", "POST", $"{Wallet}/deposits", body) with { Headers = [("Idempotency-Key", "k")] };
}
