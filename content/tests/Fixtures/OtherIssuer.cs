using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Fixtures;

/// <summary>An issuer beside the one of <see cref="TestService"/>, with its own key.</summary>
internal static class OtherIssuer
{
    private const string Bearer = "Authentication:Schemes:Bearer";
    private const string Name = "https://other.test";

    /// <summary>A service that trusts both.</summary>
    public static TestService Start(TestDatabases databases, params IEnumerable<(string, string)> settings) => new(
        databases,
        [
            ($"{Bearer}:ValidIssuers:0", Name),
            ($"{Bearer}:SigningKeys:1:Issuer", Name),
            ($"{Bearer}:SigningKeys:1:Value", Convert.ToBase64String(Key.Key)),
            .. settings,
        ]);

    public static SymmetricSecurityKey Key { get; } = new(RandomNumberGenerator.GetBytes(32));

    public static string TokenFor(string subject) => TokenFor(subject, Name, Key);

    /// <param name="subject">The subject.</param>
    /// <param name="issuer">As the token says.</param>
    /// <param name="key">That of <see cref="TestService"/> unless another is given.</param>
    public static string TokenFor(string subject, string issuer, SecurityKey? key = null) => TestService.TokenWith(
        JsonSerializer.Serialize(new
        {
            iss = issuer,
            aud = "tests",
            sub = subject,
            exp = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds(),
        }),
        key);
}
