using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Colonnade.Dev.Demo;
using Npgsql;

namespace Colonnade.Dev.Bench;

/// <summary>Clients that send money, each from a wallet of its own to wallets that take turns.</summary>
internal sealed class TransferLoad : IDisposable
{
    public const int Clients = 16;

    private const long Money = 1_000_000_000;

    private static readonly TimeSpan s_round = TimeSpan.FromSeconds(5);

    private readonly GeneratedService _service;
    private readonly HttpClient _http;
    private readonly List<Account> _accounts = [];

    private TransferLoad(GeneratedService service)
    {
        _service = service;
        _http = new HttpClient { BaseAddress = service.Running.State.Api };
    }

    /// <summary>Users with money on both shards.</summary>
    public static async Task<TransferLoad> PrepareAsync(GeneratedService service, CancellationToken cancellationToken)
    {
        var load = new TransferLoad(service);
        for (var i = 0; Database.Shards.Any(shard => load._accounts.Count(account => account.Shard == shard) < Clients); i++)
        {
            await load.OpenAsync($"bench-{i}", cancellationToken);
        }

        return load;
    }

    /// <summary>Sends for some seconds, waits until every transfer has ended, and returns how many ended per second.</summary>
    /// <param name="between">To wallets on the other shard.</param>
    public async Task<double> RunAsync(bool between, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var sent = await Task.WhenAll(_accounts.Where(account => account.Shard == Database.Shards[0]).Take(Clients).Select(async (payer, n) =>
        {
            var payees = _accounts.Where(account => account.Shard == Database.Shards[between ? 1 : 0] && account != payer).ToArray();
            var count = 0;
            while (Stopwatch.GetElapsedTime(started) < s_round)
            {
                await SendAsync(
                    "/transfers", payer.Token, new { from = payer.Wallet, to = payees[(n + count) % payees.Length].Wallet, amount = 1, currency = "EUR" },
                    cancellationToken);
                count++;
            }

            return count;
        }));
        while (await CountAsync("SELECT count(*) FROM transfers WHERE ended_at IS NULL", cancellationToken) > 0)
        {
            await Task.Delay(5, cancellationToken);
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return sent.Sum() / seconds;
    }

    public void Dispose() => _http.Dispose();

    private async Task OpenAsync(string user, CancellationToken cancellationToken)
    {
        var token = _service.Tokens.TokenFor(user);
        var wallet = (await SendAsync("/wallets", token, new { currency = "EUR" }, cancellationToken)).GetProperty("id").GetString()!;
        await SendAsync($"/wallets/{wallet}/deposits", token, new { amount = Money, currency = "EUR" }, cancellationToken);
        var isOnFirst = await CountAsync($"SELECT count(*) FROM wallets WHERE id = '{wallet}'", cancellationToken) == 1;
        _accounts.Add(new Account(token, wallet, isOnFirst ? Database.Shards[0] : Database.Shards[1]));
    }

    private async Task<JsonElement> SendAsync(string path, string token, object body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        using var response = await _http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : throw new DemoFailedException($"POST {path} answered {(int)response.StatusCode}: {text}");
    }

    private async Task<long> CountAsync(string sql, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(
            _service.Running.ConnectionString(_service.Running.State.Primary, Database.Shards[0], "owner"));
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private sealed record Account(string Token, string Wallet, string Shard);
}
