using Api.Common;

namespace Integration.Tests.Idempotency;

public sealed class FingerprintTests
{
    private const string Body = """{"to":"bob","amount":10,"tags":["a",{"y":1,"x":2}]}""";

    /// <summary>A client sends a request again after a release: what was stored before it must be found to be the same.</summary>
    [Fact]
    public void A_fingerprint_is_the_same_in_every_release() => Assert.Equal(
        "01b182429b552e726314d627b9e005753ed1e2a98168dbc65bf60f5b6f22f13a62",
        Convert.ToHexStringLower(Fingerprint.Of("POST", "/transfers", Encoding.UTF8.GetBytes(Body))));

    [Theory]
    [InlineData("POST", "/transfers", """{ "amount": 10, "tags": [ "a", { "x": 2, "y": 1 } ], "to": "b\u006fb" }""", true)]
    [InlineData("PUT", "/transfers", Body, false)]
    [InlineData("POST", "/transfers/1", Body, false)]
    [InlineData("POST", "/transfers?dry", Body, false)]
    [InlineData("POST", "/transfers", """{"to":"bob","amount":11,"tags":["a",{"y":1,"x":2}]}""", false)]
    [InlineData("POST", "/transfers", """{"to":"bob","amount":10,"tags":[{"y":1,"x":2},"a"]}""", false)]
    [InlineData("POST", "/transfers", """{"to":"bob","amount":10,"tags":["a",{"y":1,"x":2}],"note":null}""", false)]
    public void What_a_client_sent_is_compared_by_method_address_and_JSON(
        string method, string address, string body, bool isSame) =>
        Assert.Equal(isSame, Of("POST", "/transfers", Body).SequenceEqual(Of(method, address, body)));

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("""{"lone":"\ud800"}""")]
    public void What_is_no_JSON_has_a_fingerprint_as_well(string body)
    {
        Assert.Equal(Of("POST", "/", body), Of("POST", "/", body));
        Assert.NotEqual(Of("POST", "/", body), Of("POST", "/", $"{body} "));
    }

    private static byte[] Of(string method, string address, string body) =>
        Fingerprint.Of(method, address, Encoding.UTF8.GetBytes(body));
}
