using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Integration.Tests.Fixtures;
using Npgsql;

namespace Integration.Tests.Wallets;

public sealed class LockedWalletTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_pays_into_a_wallet_that_stays_locked_is_told_so_in_a_few_seconds_and_nothing_is_stored()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = (await alice.PostAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        await using var holder = new NpgsqlConnection($"{_service.Databases.ConnectionString("shard0", "postgres")};Pooling=false");
        await holder.OpenAsync(Cancellation);
        await using var holding = await holder.BeginTransactionAsync(Cancellation);
        await using (var hold = new NpgsqlCommand($"SELECT FROM wallets WHERE id = '{wallet}' FOR UPDATE", holder))
        {
            await hold.ExecuteNonQueryAsync(Cancellation);
        }

        var started = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => DepositAsync(alice, wallet)));
        var took = Stopwatch.GetElapsedTime(started);
        await holding.RollbackAsync(Cancellation);

        foreach (var answer in answers)
        {
            var problem = await HttpAssert.ProblemAsync(answer, HttpStatusCode.ServiceUnavailable);
            Assert.Equal("urn:problem-type:busy", problem.GetProperty("type").GetString());
            Assert.Equal("1", Assert.Single(answer.Headers.GetValues("Retry-After")));
        }

        Assert.True(took < TimeSpan.FromSeconds(6), $"It took {took.TotalSeconds} s.");
        var deposited = await HttpAssert.JsonAsync(await DepositAsync(alice, wallet), HttpStatusCode.OK);
        Assert.Equal(5, deposited.GetProperty("balance").GetInt64());
    }

    private static Task<HttpResponseMessage> DepositAsync(HttpClient client, string wallet) =>
        client.PostAsJsonAsync($"/wallets/{wallet}/deposits", new { amount = 5, currency = "EUR" }, Cancellation);
}
