namespace Fixtures;

/// <summary>What a user asks of the wallets over HTTP.</summary>
internal static class WalletRequests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens a wallet; its id.</summary>
    public static async Task<string> OpenWalletAsync(this HttpClient client, string currency = "EUR") =>
        (await client.PostAsync("/wallets", new { currency }, HttpStatusCode.Created)).Text("id");

    /// <summary>Deposits and expects that it is done.</summary>
    public static async Task<JsonElement> DepositAsync(this HttpClient client, string wallet, long amount) =>
        await HttpAssert.JsonAsync(await client.TryDepositAsync(wallet, amount), HttpStatusCode.OK);

    public static Task<HttpResponseMessage> TryDepositAsync(
        this HttpClient client, string wallet, long amount, string? key = null) =>
        client.SendAsync(
            HttpMethod.Post, $"/wallets/{wallet}/deposits", new { amount, currency = "EUR" }, ("Idempotency-Key", key));

    /// <summary>Gives the handle to the wallet.</summary>
    public static Task<HttpResponseMessage> SetHandleAsync(this HttpClient client, string handle, string wallet) =>
        client.PutAsJsonAsync("/payees/me", new { handle, wallet }, Cancellation);
}
