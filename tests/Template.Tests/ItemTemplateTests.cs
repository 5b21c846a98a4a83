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

    [Fact]
    public async Task A_use_case_without_a_feature_is_refused_with_what_is_missing()
    {
        var solution = await generator.GenerateAsync(s_options);
        var refused = await Assert.ThrowsAsync<CommandFailedException>(
            () => solution.AddAsync(_ => { }, Cancelled, "colonnade-command", "-n", "RenameWallet"));

        Assert.Contains("--feature", refused.Message, StringComparison.Ordinal);
    }

    private static Task<Outcome> AddAsync(GeneratedSolution solution, string template, string name, string feature) =>
        solution.AddAsync(_ => { }, Cancelled, template, "-n", name, "--feature", feature);
}
