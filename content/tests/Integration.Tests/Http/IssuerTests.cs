using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Integration.Tests.Fixtures;
using Microsoft.IdentityModel.Tokens;

namespace Integration.Tests.Http;

/// <summary>Users of two issuers that the service trusts, each with a key of its own.</summary>
public sealed class IssuerTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string Bearer = "Authentication:Schemes:Bearer";
    private const string One = "https://issuer.test";
    private const string Other = "https://other.test";

    private static readonly SymmetricSecurityKey OthersKey = new(RandomNumberGenerator.GetBytes(32));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_subject_of_two_issuers_is_two_users_with_wallets_and_limits_of_their_own()
    {
        await using var service = Start(("RateLimits:Burst", "3"), ("RateLimits:PerSecond", "1"));
        var subject = TestService.NewSubject();
        var one = service.ClientWith(Token(One, subject));
        var other = service.ClientWith(Token(Other, subject, OthersKey));
        var wallet = (await one.PostAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created)).GetProperty("id").GetString();

        await HttpAssert.ProblemAsync(await other.GetAsync($"/wallets/{wallet}", Cancellation), HttpStatusCode.NotFound);
        Assert.Empty((await other.GetAsync("/wallets", HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        Assert.Single((await one.GetAsync("/wallets", HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        while ((await one.GetAsync("/wallets", Cancellation)).StatusCode != HttpStatusCode.TooManyRequests)
        {
        }

        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/wallets", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_key_signs_tokens_of_its_own_issuer_alone()
    {
        await using var service = Start();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(service, Token(One, "alice")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(service, Token(Other, "alice", OthersKey)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(service, Token(One, "alice", OthersKey)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(service, Token(Other, "alice")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"iss\":null,")]
    [InlineData("\"iss\":\"\",")]
    [InlineData("\"iss\":\" \",")]
    [InlineData("\"iss\":7,")]
    [InlineData("\"iss\":[\"https://issuer.test\"],")]
    [InlineData("\"iss\":[\"https://issuer.test\",\"https://other.test\"],")]
    [InlineData("\"iss\":{\"a\":\"https://issuer.test\"},")]
    [InlineData("\"iss\":\"https://issuer.test/\",")]
    [InlineData("\"iss\":\"https://unknown.test\",")]
    [InlineData("\"iss\":\"https://issuer.test\",\"iss\":\"https://other.test\",")]
    public async Task A_token_without_a_trusted_issuer_is_refused(string issuer)
    {
        await using var service = Start();
        var expires = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        var token = TestService.TokenWith($$"""{{{issuer}}"aud":"tests","sub":"alice","exp":{{expires}}}""");

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(service, token));
    }

    private TestService Start(params IEnumerable<(string, string)> settings) => new(
        fixture.Service.Databases,
        [
            ($"{Bearer}:ValidIssuers:0", Other),
            ($"{Bearer}:SigningKeys:1:Issuer", Other),
            ($"{Bearer}:SigningKeys:1:Value", Convert.ToBase64String(OthersKey.Key)),
            .. settings,
        ]);

    private static string Token(string issuer, string subject, SecurityKey? key = null) => TestService.TokenWith(
        JsonSerializer.Serialize(new
        {
            iss = issuer,
            aud = "tests",
            sub = subject,
            exp = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds(),
        }),
        key);

    private static async Task<HttpStatusCode> StatusAsync(TestService service, string token)
    {
        using var client = service.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.GetAsync(new Uri("/wallets", UriKind.Relative), Cancellation);
        return answer.StatusCode;
    }
}
