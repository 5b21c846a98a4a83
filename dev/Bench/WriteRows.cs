namespace Colonnade.Dev.Bench;

/// <summary>Many rows in one request against COPY, and what events cost those who write.</summary>
internal static class WriteRows
{
    private const int Writers = 64;

    /// <summary>Against a bare minimal API with the same tokens that sends the same statements by raw Npgsql.</summary>
    public static async Task<IReadOnlyList<Row>> HotAsync(
        BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(Writers, cancellationToken);
        var accounts = bed.On(0).Take(Writers).ToArray();
        await using var api = await bed.StartApiAsync(bed.ConnectionStrings(), cancellationToken);
        await using var floor = await bed.StartServerAsync("floor-api", bed.ConnectionStrings(), cancellationToken);
        return
        [
            await RowAsync("POST /transfers / bare minimal API", 16, 0.80, [.. accounts.Chunk(2).Select(pair => Pay(pair[0], pair[1]))]),
            await RowAsync("POST /wallets / bare minimal API", 16, 0.70, [.. accounts.Select(Open)]),
            await RowAsync("64 clients depositing to one wallet / bare minimal API", 64, 0.70, [Deposit(accounts[0])]),
            await RowAsync("64 clients depositing to 64 wallets / bare minimal API", 64, null, [.. accounts.Select(Deposit)]),
        ];

        async Task<Row> RowAsync(string name, int clients, double? goal, Target[] targets)
        {
            var kind = new LoadKind("http", targets, clients);
            await using var load = await LoadProcess.StartAsync(bed, kind, options, cancellationToken, api);
            await using var floorLoad = await LoadProcess.StartAsync(bed, kind, options, cancellationToken, floor);
            return await Comparison.RunAsync(
                name, new Side("the service", load.MeasureAsync), new Side("bare minimal API", floorLoad.MeasureAsync), goal,
                options, steps, cancellationToken);
        }

        // The floor is told the users; the service takes no notice of them.
        static Target Pay(Account payer, Account payee) => new(
            "POST", $"/transfers?owner={payer.Owner}&payee={payee.Owner}", payer.Token,
            $$"""{"from":"{{payer.Wallet}}","to":"{{payee.Wallet}}","amount":1,"currency":"EUR"}""");

        static Target Open(Account account) => new("POST", $"/wallets?owner={account.Owner}", account.Token, """{"currency":"EUR"}""");

        static Target Deposit(Account account) => new(
            "POST", $"/wallets/{account.Wallet}/deposits?owner={account.Owner}", account.Token, """{"amount":1,"currency":"EUR"}""");
    }

    public static async Task<Row> IngestAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(1, cancellationToken);
        var account = bed.On(0).First();
        Target[] targets = [new("POST", "/activity", account.Token, Owner: account.Owner)];
        var settings = bed.ConnectionStrings();

        // COPY works on no table with row security, except for those whom that does not bind.
        settings["ConnectionStrings__shard0"] = bed.ConnectionString("shard0", "postgres");
        await using var service = await LoadProcess.StartAsync(bed, new LoadKind("ingest", targets), options, cancellationToken, settings: settings);
        await using var copy = await LoadProcess.StartAsync(bed, new LoadKind("copy", targets), options, cancellationToken, settings: settings);
        return await Comparison.RunAsync(
            "ingest of 100,000 rows over HTTP / binary COPY",
            new Side("POST /activity", service.MeasureAsync),
            new Side("binary COPY", copy.MeasureAsync),
            0.50, options, steps, cancellationToken);
    }

    public static async Task<IReadOnlyList<Row>> PublishAsync(
        BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(Writers, cancellationToken);
        Target[] targets = [.. bed.On(0).Take(Writers).Select(account => new Target(
            "", "", account.Token, Owner: account.Owner, Epoch: account.Epoch))];
        var settings = bed.ConnectionStrings();
        return
        [
            await AgainstInsertAsync($"inserts with an event / without, {Writers} writers", "with an event", "insert-and-publish", 0.90),
            await AgainstInsertAsync($"inserts with an empty statement / without, {Writers} writers", "with an empty SELECT", "insert-and-nothing", goal: null),
        ];

        async Task<Row> AgainstInsertAsync(string row, string name, string kind, double? goal)
        {
            await using var subject = await StartAsync(kind);
            await using var inserting = await StartAsync("insert");
            return await Comparison.RunAsync(
                row, new Side(name, subject.MeasureAsync), new Side("without", inserting.MeasureAsync), goal, options, steps, cancellationToken);
        }

        Task<LoadProcess> StartAsync(string kind) => steps.MakeAsync(
            $"{kind}, warm-up", () => LoadProcess.StartAsync(bed, new LoadKind(kind, targets, Writers), options, cancellationToken, settings: settings));
    }
}
