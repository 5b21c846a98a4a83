using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>How the AppHost of a generated solution ends, and what it says when it cannot start.</summary>
[Trait(Part.Trait, Part.Default)]
public sealed class AppHostProcessTests(Generator generator)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_first_start_logs_no_error_and_SIGTERM_ends_every_part_cleanly_and_leaves_nothing()
    {
        using var host = await AppHostProcess.StartAsync(await generator.BuildAsync(Flavours.Default), "--reset");
        var log = host.OutputOfParts;
        Assert.Contains("LOG:  database system is ready", log, StringComparison.Ordinal);
        Assert.DoesNotMatch("(ERROR|FATAL): |33mwarn", log); // A warning of the API or the Migrator is yellow.
        var processes = await host.ProcessesAsync();
        var started = Stopwatch.GetTimestamp();
        host.Signal("TERM");

        Assert.Equal(0, await host.EndAsync());
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Generator.Note(FormattableString.Invariant($"The AppHost stopped everything in {elapsed:0.0} s"));
        Assert.InRange(elapsed, 0, 15); // 2 to 3 s where nothing else runs; more if a part has to be killed.
        foreach (var part in (string[])["api", "redis", "postgres", "postgres-replica"])
        {
            // One that had been killed would have another exit code.
            Assert.Matches($"Resource {part}/.*Text = Finished,.*ExitCode = 0,", host.Output);
        }

        Assert.Equal("shut down", await host.ClusterStateAsync("postgres"));
        Assert.Equal("shut down in recovery", await host.ClusterStateAsync("postgres-replica"));
        Assert.Empty(await AppHostProcess.LeftAsync(processes, seconds: 10));
        Assert.Empty(host.Left);
    }

    [Fact]
    public async Task After_SIGKILL_everything_ends_and_the_next_start_works()
    {
        var solution = await generator.BuildAsync(Flavours.Default);
        using var killed = await AppHostProcess.StartAsync(solution);
        var processes = await killed.ProcessesAsync();
        killed.Signal("KILL");

        Assert.Empty(await AppHostProcess.LeftAsync(processes, seconds: 20));
        Assert.Empty(killed.Left.OfType<DirectoryInfo>());
        using var next = await AppHostProcess.StartAsync(solution);
        next.Signal("TERM");
        Assert.Equal(0, await next.EndAsync());
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        var solution = await generator.BuildAsync(Flavours.Default);
        var ports = await File.ReadAllTextAsync(solution.File("hosts/Topology/LocalPorts.cs"), Cancelled);
        var port = int.Parse(Regex.Match(ports, "Replica = ([0-9]+);").Groups[1].Value, null);
        using var occupant = new TcpListener(IPAddress.Loopback, port);
        occupant.Start();

        var outcome = await Shell.TryAsync(
            "dotnet", [solution.Assembly("hosts/AppHost"), "--servers", "programs"], solution.File("hosts/AppHost"), Cancelled);

        Assert.Equal(1, outcome.ExitCode);
        Assert.EndsWith(
            $"Port {port}, meant for postgres-replica, is taken. Stop the program that listens on it, or pass --ephemeral-ports.",
            outcome.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Text, StringComparison.Ordinal);
    }
}
