using System.Security.Claims;
using System.Security.Cryptography;
using Api.Common;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;

namespace Integration.Tests.Http;

public sealed class HttpSurfaceTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    /// <summary>An address of no endpoint: signing in is asked for before anything else is told.</summary>
    private const string Path = "/nothing";

    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> BadTokens => new(
        "nonsense",
        TestService.Token(Subject, expires: DateTime.UtcNow.AddHours(-1)),
        TestService.Token(Subject, key: new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32))),
        TestService.Token(Subject, audience: "somebody-else"));

    private static Claim Subject => new("sub", "alice");

    [Fact]
    public async Task A_failure_of_the_service_is_not_blamed_on_the_body()
    {
        var context = new DefaultHttpContext { RequestServices = _service.Services };
        Assert.False(await new BadRequestHandler().TryHandleAsync(context, new InvalidDataException("Ours."), Cancellation));
    }

    [Theory]
    [MemberData(nameof(BadTokens), DisableDiscoveryEnumeration = true)]
    public async Task A_token_that_is_not_good_is_refused(string token)
    {
        using var client = _service.ClientWith(token);
        await HttpAssert.ProblemAsync(await client.GetAsync(Path, Cancellation), HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_without_a_subject_is_forbidden_everything()
    {
        using var client = _service.ClientWith(TestService.Token());
        await HttpAssert.ProblemAsync(await client.GetAsync(Path, Cancellation), HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task An_unknown_address_gets_problem_details()
    {
        using var client = _service.ClientOf(TestService.NewSubject());
        await HttpAssert.ProblemAsync(await client.GetAsync(Path, Cancellation), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_user_who_sends_too_much_is_told_when_to_come_back_and_others_are_served()
    {
        await using var service = new TestService(_service.Databases, ("RateLimits:Burst", "3"), ("RateLimits:PerSecond", "1"));
        using var eager = service.ClientOf(TestService.NewSubject());
        for (var i = 0; i < 3; i++)
        {
            await HttpAssert.ProblemAsync(await eager.GetAsync(Path, Cancellation), HttpStatusCode.NotFound);
        }

        var refused = await eager.GetAsync(Path, Cancellation);
        await HttpAssert.ProblemAsync(refused, HttpStatusCode.TooManyRequests);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));

        using var other = service.ClientOf(TestService.NewSubject());
        await HttpAssert.ProblemAsync(await other.GetAsync(Path, Cancellation), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_API_describes_itself()
    {
        using var client = _service.CreateClient();
        var description = await client.GetAsync("/openapi/v1.json", HttpStatusCode.OK);

        Assert.True(description.GetProperty("paths").TryGetProperty("/topology", out _));
        Assert.True(description.GetProperty("components").GetProperty("securitySchemes").TryGetProperty("bearer", out _));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/scalar/", Cancellation)).StatusCode);
    }
}
