using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>The item templates, run in a generated solution that is then built and tested.</summary>
[Trait(Part.Trait, Part.Items)]
public sealed class ItemTemplateTests(Generator generator)
{
    private static readonly SolutionOptions s_options = new("My Service", Aspire: false, Sample: true);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commands_and_queries_build_and_pass_their_tests_under_any_name()
    {
        var solution = await generator.GenerateAsync(s_options);
        await AddAsync(solution, "colonnade-command", "RenameWallet", "Wallets");
        await AddAsync(solution, "colonnade-query", "ListOpenOrders", "OrderBook");
        await AddAsync(solution, "colonnade-command", "class", "My Things");
        await AddAsync(solution, "colonnade-query", "3-things", "event");
        Assert.Superset(
            new HashSet<string>
            {
                "src/Application/Wallets/RenameWallet.cs",
                "src/Api/Wallets/RenameWalletEndpoint.cs",
                "tests/Application.Tests/Wallets/RenameWalletTests.cs",
                "src/Application/OrderBook/ListOpenOrders.cs",
                "src/Api/OrderBook/ListOpenOrdersEndpoint.cs",
                "tests/Application.Tests/OrderBook/ListOpenOrdersTests.cs",
                "src/Application/MyThings/Class.cs",
                "src/Application/Event/_3things.cs",
            },
            solution.Files().ToHashSet());
        Assert.Contains("\"/order-book/list-open-orders\"", File.ReadAllText(solution.File("src/Api/OrderBook/ListOpenOrdersEndpoint.cs")), StringComparison.Ordinal);

        await generator.StepAsync($"Build {s_options} with what the item templates added", async line =>
        {
            await solution.BuildAsync(line, Cancelled, "tests/Application.Tests");
            await solution.BuildAsync(line, Cancelled, "tests/Architecture.Tests");
        });
        foreach (var project in (string[])["tests/Application.Tests", "tests/Architecture.Tests"])
        {
            var run = await generator.TestAsync(solution, project);
            Assert.True(run.Succeeded, run.Process.Text);
            if (project == "tests/Application.Tests")
            {
                Assert.Equal(2, run.Passed.Count(test => test.Name.Contains(".RenameWalletTests.", StringComparison.Ordinal)));
                Assert.Equal(2, run.Passed.Count(test => test.Name.Contains(".ListOpenOrdersTests.", StringComparison.Ordinal)));
            }
        }
    }

    /// <summary>The tests migrate databases, and look for tables that users could see the rows of others in.</summary>
    [Fact]
    public async Task Migrations_run_and_their_tables_pass_the_tests_of_the_catalog()
    {
        var solution = await generator.GenerateAsync(s_options);
        await AddAsync(solution, "colonnade-migration", "OrderLabels", "OrderBook", "--number", "16");
        await AddAsync(solution, "colonnade-migration", "3 Price Lists", "My Things", "--number", "0123", "--database", "directory");
        await AddAsync(solution, "colonnade-migration", "order_dates", "OrderBook", "--number", "12345");
        Assert.Superset(
            new HashSet<string>
            {
                "src/Infrastructure/OrderBook/0016_order_labels.shard.sql",
                "src/Infrastructure/MyThings/0123_t_3_price_lists.directory.sql",
                "src/Infrastructure/OrderBook/12345_order_dates.shard.sql",
            },
            solution.Files().ToHashSet());

        await generator.StepAsync(
            $"Build {s_options} with migrations", line => solution.BuildAsync(line, Cancelled, "tests/Integration.Tests"));
        var run = await generator.TestAsync(solution, "tests/Integration.Tests", "*.Every_table_of_users*");
        Assert.True(run.Succeeded, run.Process.Text);
        Assert.Equal(2, run.Passed.Count());
    }

    [Fact]
    public async Task A_migration_without_a_number_is_refused_with_what_is_missing()
    {
        var solution = await generator.GenerateAsync(s_options);
        var refused = await Assert.ThrowsAsync<CommandFailedException>(
            () => solution.AddAsync(_ => { }, Cancelled, "colonnade-migration", "-n", "OrderLabels", "--feature", "Orders"));

        Assert.Contains("--number", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_use_case_without_a_feature_is_refused_with_what_is_missing()
    {
        var solution = await generator.GenerateAsync(s_options);
        var refused = await Assert.ThrowsAsync<CommandFailedException>(
            () => solution.AddAsync(_ => { }, Cancelled, "colonnade-command", "-n", "RenameWallet"));

        Assert.Contains("--feature", refused.Message, StringComparison.Ordinal);
    }

    private static Task<Outcome> AddAsync(
        GeneratedSolution solution, string template, string name, string feature, params string[] further) =>
        solution.AddAsync(_ => { }, Cancelled, [template, "-n", name, "--feature", feature, .. further]);
}
