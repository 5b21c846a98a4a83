using System.ComponentModel;

namespace Platform.Tests.LocalHost;

/// <summary>
/// Where and by whom it is started makes no difference. The tests share data, so that only the first has to make it.
/// </summary>
public sealed class SurroundingsTests(TestDirectory directory) : IClassFixture<TestDirectory>
{
    /// <summary>Uid and gid of the user <c>nobody</c>.</summary>
    private const string Nobody = "65534";

    /// <summary>The API watches its configuration, which processes of tests do not.</summary>
    private static (string Name, string? Value) Watching => (TestProcess.ReloadVariable, "true");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_Turkish_locale_does_no_harm() =>
        StartsAndStopsAsync(LocalHostProcess.StartOn(directory, ("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")));

    [Theory]
    [InlineData(null)]
    [InlineData("/dev/null")]
    public Task It_needs_no_home_directory(string? home) =>
        StartsAndStopsAsync(LocalHostProcess.StartOn(directory, ("HOME", home), Watching));

    [Fact]
    public async Task It_needs_no_root()
    {
        // Started by another user, the tests are this one.
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can become another user.");
        string[] command = ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"];
        var refusal = await RefusalAsync([.. command, "test", "-x", LocalHostProcess.Program]);
        Assert.SkipUnless(refusal is null, $"The user nobody cannot run {LocalHostProcess.Program}. {refusal}");
        using var data = new TestDirectory();
        await LocalHostProcess.RunAsync("chown", Nobody, data.Path);

        await StartsAndStopsAsync(
            LocalHostProcess.StartBy(command, ["--ephemeral-ports", "--data", data.Path], ("HOME", "/nonexistent"), Watching));
    }

    [Fact]
    public async Task Loopback_may_be_IPv6_alone()
    {
        var hosts = directory["hosts"];
        await File.WriteAllTextAsync(hosts, "::1 localhost\n", Cancellation);
        string[] command =
        [
            "unshare", "--net", "--mount", "bash", "-ec",
            """ip link set lo up; ip address del 127.0.0.1/8 dev lo; mount --bind "$0" /etc/hosts; exec "$@" """, hosts,
        ];
        var refusal = await RefusalAsync([.. command, "true"]);
        Assert.SkipUnless(refusal is null, $"It takes root, unshare and ip to have such a network. {refusal}");

        await StartsAndStopsAsync(LocalHostProcess.StartBy(command, ["--ephemeral-ports", "--data", directory.Path]));
    }

    /// <summary>Why a command fails; null when it succeeds.</summary>
    private static async Task<string?> RefusalAsync(string[] command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
            var error = await process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            return process.ExitCode == 0 ? null : error.Trim();
        }
        catch (Win32Exception exception)
        {
            return exception.Message;
        }
    }

    private static async Task StartsAndStopsAsync(LocalHostProcess started)
    {
        await using var host = started;
        await host.ReadyAsync(); // The API has answered that it is ready.
        await host.SignalAsync("TERM");
        Assert.Equal(0, await host.ExitCodeAsync());
    }
}
