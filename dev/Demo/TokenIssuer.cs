using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Colonnade.Dev.Demo;

/// <summary>Mints tokens that the API takes: HS256, with a key that LocalHost is started with.</summary>
internal sealed class TokenIssuer(string audience)
{
    public const string Issuer = "dotnet-user-jwts";

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public string Audience => audience;

    /// <summary>With the audience that a generated API expects.</summary>
    public static TokenIssuer For(GeneratedSolution solution)
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(solution.File("src/Api/appsettings.Development.json")));
        return new(settings.RootElement.GetProperty("Authentication").GetProperty("Schemes").GetProperty("Bearer")
            .GetProperty("ValidAudiences")[0].GetString()!);
    }

    /// <summary>Hands the key to the API.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>
    {
        ["Authentication__Schemes__Bearer__SigningKeys__0__Issuer"] = Issuer,
        ["Authentication__Schemes__Bearer__SigningKeys__0__Value"] = Convert.ToBase64String(_key),
    };

    /// <summary>A token for <paramref name="user"/> that is valid for an hour.</summary>
    public string TokenFor(string user)
    {
        var now = DateTimeOffset.UtcNow;
        var header = Encode(new { alg = "HS256", typ = "JWT" });
        var payload = Encode(new
        {
            sub = user,
            iss = Issuer,
            aud = audience,
            nbf = now.AddMinutes(-1).ToUnixTimeSeconds(),
            exp = now.AddHours(1).ToUnixTimeSeconds(),
        });
        var signed = $"{header}.{payload}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, System.Text.Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(object part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
}
