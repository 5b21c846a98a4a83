using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using Api.Servers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fixtures;

/// <summary>The API in this process on databases of its own, and clients that are signed in.</summary>
internal sealed class TestService(TestDatabases databases, params IEnumerable<(string Key, string Value)> settings)
    : WebApplicationFactory<TopologyEndpoints>
{
    private const string Issuer = "https://issuer.test";
    private const string Audience = "tests";

    private static readonly SymmetricSecurityKey Key = new(RandomNumberGenerator.GetBytes(32));

    private readonly Lock _starting = new();

    public TestDatabases Databases { get; } = databases;

    /// <summary>
    /// Starts the service on first use. The factory has no lock of its own: tasks that came at once would each start a
    /// host, and all but one would go on until the end of the run, at the cost of every test after this one.
    /// </summary>
    public override IServiceProvider Services
    {
        get
        {
            lock (_starting)
            {
                return base.Services;
            }
        }
    }

    /// <summary>What an instance is given that works on <paramref name="databases"/> and takes the tokens of here.</summary>
    public static IEnumerable<KeyValuePair<string, string>> SettingsOf(TestDatabases databases)
    {
        const string Bearer = "Authentication:Schemes:Bearer";
        return
        [
            .. databases.Settings(),
            new($"{Bearer}:ValidIssuer", Issuer),
            new($"{Bearer}:ValidAudiences:0", Audience),
            new($"{Bearer}:SigningKeys:0:Issuer", Issuer),
            new($"{Bearer}:SigningKeys:0:Value", Convert.ToBase64String(Key.Key)),
            new("Logging:LogLevel:Default", "Warning"),
        ];
    }

    /// <summary>A client that sends the token of <paramref name="subject"/>.</summary>
    public HttpClient ClientOf(string subject) => ClientWith(TokenFor(subject));

    public HttpClient ClientWith(string token)
    {
        _ = Services;
        var client = CreateDefaultClient(new NewKeys());
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>A subject that no other test has, whose user lives on the given half of the buckets.</summary>
    /// <param name="shard">0 or 1: the Migrator deals out the lower half of the buckets to shard0.</param>
    public static string NewSubject(int shard = 0)
    {
        while (true)
        {
            var subject = $"user-{Guid.NewGuid():N}";
            if (UserOf(subject).Bucket.Value / (Bucket.Count / 2) == shard)
            {
                return subject;
            }
        }
    }

    /// <summary>The user of a token of here with that subject.</summary>
    public static UserId UserOf(string subject) => UserId.Of(Issuer, subject);

    public static string TokenFor(string subject, DateTime? expires = null) =>
        Token(new(JwtRegisteredClaimNames.Sub, subject), expires);

    public static string Token(
        Claim? claim = null, DateTime? expires = null, SecurityKey? key = null, string audience = Audience) =>
        TokenOf(claim is null ? [] : [claim], expires, key, audience);

    public static string TokenOf(
        IEnumerable<Claim> claims, DateTime? expires = null, SecurityKey? key = null, string audience = Audience) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = audience,
            Subject = new ClaimsIdentity(claims),
            NotBefore = DateTime.UtcNow.AddHours(-2),
            Expires = expires ?? DateTime.UtcNow.AddHours(1),
            SigningCredentials = new SigningCredentials(key ?? Key, SecurityAlgorithms.HmacSha256),
        });

    /// <summary>A token with an <c>exp</c> that need not be a date.</summary>
    public static string TokenExpiringAt(string subject, long exp) =>
        TokenWith($$"""{"iss":"{{Issuer}}","aud":"{{Audience}}","sub":"{{subject}}","exp":{{exp}}}""");

    /// <summary>A token with any payload.</summary>
    public static string TokenWith(string payload, SecurityKey? key = null) =>
        new JsonWebTokenHandler().CreateToken(payload, new SigningCredentials(key ?? Key, SecurityAlgorithms.HmacSha256));

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Development");
        // On a machine that has much to do, a Redis or a replica that is slow to answer is not one that is away.
        builder.UseSetting("Cache:TimeoutMilliseconds", "2000");
        builder.UseSetting("ReadReplicas:TimeoutMilliseconds", "10000");
        foreach (var (name, value) in SettingsOf(Databases)
            .Concat(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))))
        {
            builder.UseSetting(name, value);
        }
    }
}

internal static class Retention
{
    /// <summary>Drops old rows of a kind now, as the service does from time to time.</summary>
    public static Task<long> DropExpiredAsync<TRows>(this IServiceProvider services, string shard)
        where TRows : RowRetention =>
        services.GetServices<IHostedService>().OfType<RetentionWorker>().Single().DropAsync(
            services.GetServices<RowRetention>().OfType<TRows>().Single(), shard, TestContext.Current.CancellationToken);
}

/// <summary>Gives each POST an Idempotency-Key of its own, unless the test has set one.</summary>
internal sealed class NewKeys : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Post && !request.Headers.Contains("Idempotency-Key"))
        {
            request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        }

        return base.SendAsync(request, cancellationToken);
    }
}

/// <summary>
/// One service for the tests of a class. It runs before the first of them, whichever that is: their order is of their names.
/// </summary>
public sealed class ServiceFixture(ServerPool pool) : ServersFixture(pool)
{
    private TestService? _service;

    internal TestService Service => _service ?? throw new InvalidOperationException("The service has not started.");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _service = new TestService(await Servers.CreateDatabasesAsync());
        _ = _service.Services;
    }

    public override async ValueTask DisposeAsync()
    {
        await (_service?.DisposeAsync() ?? default);
        await base.DisposeAsync();
    }
}
