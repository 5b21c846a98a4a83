using Platform.Tests.Http;

namespace Platform.Tests.Payees;

internal sealed class PayeeMalformedRequests : IMalformedRequests
{
    private static readonly string[] Handles =
        ["x", "%20%20%20", "%01%01%01", "%ff%ff%ff", "%c0%80aa", "ABC", "a_b", "äöü", "a%2fb", "%f0%9f%98%80abc", new('a', 31),
            new('a', 2_000), "-ab"];

    private static readonly string[] InBody = ["null", "\"\"", "5", "\"x\"", "\"No Handle\"", "\"\\u0000\\u0000\\u0000\"",
        "\"\\udc00aaa\"", "[]"];

    public IEnumerable<MalformedRequest> All =>
    [
        .. Handles.Select(handle => new MalformedRequest("handle", "GET", $"/payees/{handle}")),
        .. InBody.Select(handle => MalformedRequest.Json(
            $"handle {handle}", "PUT", "/payees/me",
            $$"""{"handle":{{handle}},"wallet":"01a20c95-d6fb-80af-b6dc-6990ef209cf3"}""")),
        MalformedRequest.Json("no wallet", "PUT", "/payees/me", """{"handle":"abcd"}"""),
        MalformedRequest.Json(
            "a wallet of nothing", "PUT", "/payees/me", """{"handle":"abcd","wallet":"00000000-0000-0000-0000-000000000000"}"""),
        MalformedRequest.Json("wallet is no id", "PUT", "/payees/me", """{"handle":"abcd","wallet":"abc"}"""),
    ];
}
