using System.Reflection;
using System.Security.Cryptography;
using Api.Servers;
using Microsoft.Extensions.Configuration.UserSecrets;
using Microsoft.IdentityModel.Tokens;

namespace Platform.Tests.Http;

/// <summary>Keys of tokens that <c>dotnet user-jwts create</c> puts into the user secrets.</summary>
public sealed class TokenKeyTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string Keys = "Authentication:Schemes:Bearer:SigningKeys";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_that_is_made_while_the_API_runs_is_taken()
    {
        using var home = new TestDirectory();
        var settings = TestService.SettingsOf(fixture.Service.Databases)
            .Where(setting => !setting.Key.StartsWith(Keys, StringComparison.Ordinal));
        await using var api = new ApiInstance(
            "api",
            home.Path,
            [
                .. settings, new("DOTNET_ENVIRONMENT", "Development"), new("HOME", home.Path),
                new(TestProcess.ReloadVariable, "true"),
            ]);
        await api.StartAsync(Cancellation);
        var key = RandomNumberGenerator.GetBytes(32);
        using var client = new HttpClient { BaseAddress = api.Address };
        client.DefaultRequestHeaders.Authorization =
            new("Bearer", TestService.Token(new("sub", "ada"), key: new SymmetricSecurityKey(key)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync());

        var id = typeof(TopologyEndpoints).Assembly.GetCustomAttribute<UserSecretsIdAttribute>()!.UserSecretsId;
        var secrets = new Dictionary<string, string>
        {
            [$"{Keys}:0:Issuer"] = "https://issuer.test",
            [$"{Keys}:0:Value"] = Convert.ToBase64String(key),
        };
        await File.WriteAllTextAsync(
            home[$".microsoft/usersecrets/{id}/secrets.json"], JsonSerializer.Serialize(secrets), Cancellation);

        await Eventually.TrueAsync(async () => await StatusAsync() == HttpStatusCode.NotFound);

        async Task<HttpStatusCode> StatusAsync()
        {
            using var answer = await client.GetAsync(new Uri("/nothing", UriKind.Relative), Cancellation);
            return answer.StatusCode;
        }
    }
}
