using System.Net.Http.Headers;

namespace Integration.Tests.Http;

/// <summary>Tokens of two issuers that the service trusts.</summary>
public sealed class IssuerTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string One = "https://issuer.test";
    private const string Other = "https://other.test";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_subject_of_two_issuers_has_two_limits()
    {
        await using var service = OtherIssuer.Start(
            fixture.Service.Databases, ("RateLimits:Burst", "1"), ("RateLimits:PerSecond", "1"));
        var one = OtherIssuer.TokenFor("alice", One);
        while (await StatusAsync(service, one) != HttpStatusCode.TooManyRequests)
        {
        }

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(service, OtherIssuer.TokenFor("alice")));
    }

    [Fact]
    public async Task A_key_signs_tokens_of_its_own_issuer_alone()
    {
        await using var service = OtherIssuer.Start(fixture.Service.Databases);
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(service, OtherIssuer.TokenFor("alice", One)));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(service, OtherIssuer.TokenFor("alice")));
        var othersKey = OtherIssuer.TokenFor("alice", One, OtherIssuer.Key);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(service, othersKey));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(service, OtherIssuer.TokenFor("alice", Other)));
    }

    [Fact]
    public async Task A_token_without_a_trusted_issuer_is_refused()
    {
        string[] issuers =
        [
            "", "\"iss\":null,", "\"iss\":\"\",", "\"iss\":\" \",", "\"iss\":7,", $"\"iss\":[\"{One}\"],",
            $"\"iss\":[\"{One}\",\"{Other}\"],", $"\"iss\":{{\"a\":\"{One}\"}},", $"\"iss\":\"{One}/\",",
            "\"iss\":\"https://unknown.test\",", $"\"iss\":\"{One}\",\"iss\":\"{Other}\",",
        ];
        await using var service = OtherIssuer.Start(fixture.Service.Databases);
        var expires = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        foreach (var issuer in issuers)
        {
            var token = TestService.TokenWith($$"""{{{issuer}}"aud":"tests","sub":"alice","exp":{{expires}}}""");
            Assert.True(await StatusAsync(service, token) == HttpStatusCode.Unauthorized, issuer);
        }

        var taken = TestService.TokenWith($$"""{"iss":"{{One}}","aud":"tests","sub":"alice","exp":{{expires}}}""");
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(service, taken));
    }

    /// <summary>404 for a token that is taken: there is no such endpoint.</summary>
    private static async Task<HttpStatusCode> StatusAsync(TestService service, string token)
    {
        using var client = service.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.GetAsync(new Uri("/nothing", UriKind.Relative), Cancellation);
        return answer.StatusCode;
    }
}
