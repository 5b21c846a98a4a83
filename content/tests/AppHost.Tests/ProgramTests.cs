namespace AppHost.Tests;

/// <summary>The servers as programs of this machine get the same scripts, below run.sh, which stops them cleanly.</summary>
public sealed class ProgramTests
{
    [Theory]
    [InlineData(ResourceNames.Primary, "primary.sh", "INT")]
    [InlineData(ResourceNames.Replica, "replica.sh", "INT")]
    [InlineData(ResourceNames.Redis, "redis.sh", "TERM")]
    public async Task A_server_runs_its_script_and_is_asked_to_stop_by_its_own_signal(string name, string script, string signal)
    {
        await using var model = await AppHostModel.OfProgramsAsync();
        var arguments = await model.ArgumentsAsync(name);

        Assert.Equal("bash", model.Get<ExecutableResource>(name).Command);
        Assert.EndsWith("run.sh", arguments.First(), StringComparison.Ordinal);
        Assert.Equal(signal, arguments.ElementAt(1));
        Assert.Contains(arguments, argument => argument.EndsWith(script, StringComparison.Ordinal));
        Assert.All(
            arguments.Where(argument => argument.EndsWith(".sh", StringComparison.Ordinal)),
            argument => Assert.True(File.Exists(argument)));
    }

    [Fact]
    public async Task A_server_has_its_own_programs_first_on_the_path_and_listens_on_loopback()
    {
        await using var model = await AppHostModel.OfProgramsAsync();
        var environment = await model.EnvironmentAsync(ResourceNames.Replica);

        Assert.StartsWith("/postgres/bin", environment["PATH"], StringComparison.Ordinal);
        Assert.Equal("localhost", environment["LISTEN_ADDRESSES"]);
        Assert.Equal("{postgres.bindings.tcp.port}", environment["PRIMARY_PORT"]);
    }

    [Fact]
    public async Task With_servers_only_there_is_no_api()
    {
        await using var model = await AppHostModel.OfProgramsAsync("--servers-only");

        Assert.DoesNotContain(model.Resources, resource => resource.Name == ResourceNames.Api);
        Assert.Contains(model.Resources, resource => resource.Name == ResourceNames.Migrator);
    }

    [Fact]
    public void A_wrong_value_of_servers_is_a_usage_error()
    {
        Assert.Null(HostOptions.Parse(["--servers", "clouds"], "/solution", out var error));
        Assert.Equal("--servers needs \"containers\" or \"programs\".", error);
    }
}
