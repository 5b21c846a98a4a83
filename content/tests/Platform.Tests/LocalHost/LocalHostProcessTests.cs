using System.Reflection;

namespace Platform.Tests.LocalHost;

/// <summary>The whole program. Its tests share data, so that only the first has to make it.</summary>
public sealed class LocalHostProcessTests(TestDirectory directory) : IClassFixture<TestDirectory>
{
    [Fact]
    public async Task Everything_answers_and_nothing_survives_SIGTERM()
    {
        await using var host = LocalHostProcess.StartOn(directory);
        await host.ReadyAsync();

        using var http =
            new HttpClient { BaseAddress = new Uri(LocalHostProcess.State(directory).GetProperty("api").GetString()!) };
        using var ready = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.True(ready.IsSuccessStatusCode);

        var processes = await host.ProcessesAsync();
        await host.SignalAsync("TERM");
        Assert.Equal(0, await host.ExitCodeAsync());
        await LocalHostProcess.AssertEndedAsync(processes);
        Assert.False(File.Exists(directory["state.json"]));
    }

    [Fact]
    public async Task What_the_shell_has_set_for_other_programs_does_no_harm()
    {
        await using var host = LocalHostProcess.StartOn(
            directory,
            ("http_proxy", "http://127.0.0.1:1"), ("TZ", "Nowhere/Nothing"),
            ("PGOPTIONS", "-c search_path=nowhere"), ("PGHOST", "nowhere"), ("PGSSLMODE", "disable"),
            ("DOTNET_URLS", "http://localhost:1"), ("ASPNETCORE_URLS", "http://localhost:2"), ("ASPNETCORE_HTTP_PORTS", "3"),
            ("ASPNETCORE_ENVIRONMENT", "Production"), ("DOTNET_CONTENTROOT", "/"));
        await host.ReadyAsync();

        // An endpoint of development.
        using var http =
            new HttpClient { BaseAddress = new Uri(LocalHostProcess.State(directory).GetProperty("api").GetString()!) };
        using var topology = await http.GetAsync(new Uri("/topology", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.True(topology.IsSuccessStatusCode);
        await host.SignalAsync("TERM");
        Assert.Equal(0, await host.ExitCodeAsync());
    }

    [Fact]
    public async Task Nothing_survives_SIGKILL_and_a_new_start_works()
    {
        await using var killed = LocalHostProcess.StartOn(directory);
        await killed.ReadyAsync();
        var processes = await killed.ProcessesAsync();
        await killed.SignalAsync("KILL");

        await using var host = LocalHostProcess.StartOn(directory);
        await host.ReadyAsync();
        await LocalHostProcess.AssertEndedAsync(processes);
        await host.SignalAsync("TERM");
        Assert.Equal(0, await host.ExitCodeAsync());
    }

    [Fact]
    public async Task The_Migrator_runs_again_only_when_it_was_built_anew()
    {
        const string NothingToDo = "This build has run here before";
        await OutputAsync();
        Assert.Contains(NothingToDo, await OutputAsync(), StringComparison.Ordinal);

        var migrator = typeof(LocalTopology).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(path => path.Key == "Migrator");
        File.SetLastWriteTimeUtc(migrator.Value!, DateTime.UtcNow);
        var output = await OutputAsync();
        Assert.DoesNotContain(NothingToDo, output, StringComparison.Ordinal);
        Assert.Contains("is up to date", output, StringComparison.Ordinal);

        async Task<string> OutputAsync()
        {
            await using var host = LocalHostProcess.StartOn(directory);
            await host.ReadyAsync();
            await host.SignalAsync("TERM");
            Assert.Equal(0, await host.ExitCodeAsync());
            return host.Output;
        }
    }

    [Fact]
    public async Task A_part_that_crashes_is_named_and_ends_everything()
    {
        await using var host = LocalHostProcess.StartOn(directory);
        await host.ReadyAsync();
        var processes = await host.ProcessesAsync();
        await LocalHostProcess.SignalAsync(
            "KILL", int.Parse(File.ReadLines(directory["postgres-replica/data/postmaster.pid"]).First(), null));

        Assert.Equal(1, await host.ExitCodeAsync());
        Assert.Contains("postgres-replica ended with exit code 137.", host.Output, StringComparison.Ordinal);
        await LocalHostProcess.AssertEndedAsync(processes);
    }

    [Fact]
    public async Task It_can_be_stopped_while_it_starts()
    {
        await using var host = LocalHostProcess.StartOn(directory);
        await host.FirstLineAsync();
        var processes = await host.ProcessesAsync();

        // Not SIGINT: what a script starts in the background ignores it, the tests and all that they start included.
        await host.SignalAsync("TERM");

        Assert.Equal(130, await host.ExitCodeAsync());
        await LocalHostProcess.AssertEndedAsync(processes);
    }

    [Fact]
    public async Task Missing_programs_are_named_with_what_to_install()
    {
        await using var host = LocalHostProcess.Start(["--data", directory.Path], ("POSTGRES_BIN", directory["nothing"]));

        Assert.Equal(1, await host.ExitCodeAsync());
        Assert.Contains("apt-get install postgresql redis-server", host.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--resett", "--resett is not an option.")]
    [InlineData("--data", "--data needs a directory.")]
    public async Task A_wrong_option_is_a_usage_error(string option, string message)
    {
        await using var host = LocalHostProcess.Start([option]);

        Assert.Equal(2, await host.ExitCodeAsync());
        Assert.Contains(message, host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_no_error()
    {
        await using var host = LocalHostProcess.Start(["--help"]);

        Assert.Equal(0, await host.ExitCodeAsync());
        Assert.Contains("--ephemeral-ports", host.Output, StringComparison.Ordinal);
    }
}
