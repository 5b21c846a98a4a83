using AppHost.PostgresReplica;

namespace AppHost.Tests;

public sealed class ReplicaCommandTests(AppHostModel model)
{
    private static readonly ReplicaStatus s_streaming = new(InRecovery: true, Streaming: true, Paused: false, BytesBehind: 0);

    [Theory]
    [InlineData(true, true, false, "Healthy", "Streams and replays, 7 bytes behind.")]
    [InlineData(true, true, true, "Degraded", "Replay is paused, 7 bytes behind.")]
    [InlineData(true, false, false, "Unhealthy", "In recovery, but not streaming from the primary.")]
    [InlineData(false, false, false, "Healthy", "Promoted: it takes writes and follows no primary.")]
    public void The_health_text_tells_lag_and_replay(bool inRecovery, bool streaming, bool paused, string status, string text)
    {
        var health = ReplicaStatus.Health(new ReplicaStatus(inRecovery, streaming, paused, BytesBehind: 7));

        Assert.Equal((status, text), ($"{health.Status}", health.Description));
    }

    [Fact]
    public void Promoting_asks_first()
    {
        var commands = model.Get<IResource>(ResourceNames.Replica).Annotations.OfType<ResourceCommandAnnotation>();

        Assert.NotNull(commands.Single(command => command.Name == "promote").ConfirmationMessage);
    }

    [Fact]
    public void A_replica_that_replays_can_be_paused_and_promoted() =>
        Assert.Equal(["pause-replay", "promote"], Enabled(s_streaming));

    [Fact]
    public void A_paused_replica_can_be_resumed_and_promoted() =>
        Assert.Equal(["resume-replay", "promote"], Enabled(s_streaming with { Paused = true }));

    [Fact]
    public void Nothing_can_be_done_to_a_replica_that_was_promoted_or_does_not_answer()
    {
        Assert.Empty(Enabled(s_streaming with { InRecovery = false }));
        Assert.Empty(Enabled(null));
        Assert.Empty(Enabled(s_streaming, KnownResourceStates.Exited));
    }

    [Fact]
    public void The_dashboard_tells_the_lag_while_the_replica_streams()
    {
        var behind = s_streaming with { BytesBehind = 1234567 };

        Assert.Equal("1,234,567 bytes", Lag(behind));
        Assert.Null(Lag(behind with { Streaming = false }));

        static object? Lag(ReplicaStatus status) => Assert.Single(
            ReplicaReporter.Report(Snapshot(KnownResourceStates.Running), status).Properties, property =>
                property.DisplayName == "Lag").Value;
    }

    [Fact]
    public void Reporting_again_replaces_what_was_reported()
    {
        var first = ReplicaReporter.Report(Snapshot(KnownResourceStates.Running), s_streaming);
        var second = ReplicaReporter.Report(first, s_streaming with { Paused = true });

        Assert.Equal(first.Properties.Length, second.Properties.Length);
        Assert.Equal(Replay.Paused, ReplicaReporter.ReplayIn(second));
    }

    private static CustomResourceSnapshot Snapshot(string state) =>
        new() { ResourceType = "Container", Properties = [new("container.image", "postgres")], State = state };

    private IEnumerable<string> Enabled(ReplicaStatus? status, string state = "Running")
    {
        var context = new UpdateCommandStateContext
        {
            ResourceSnapshot = ReplicaReporter.Report(Snapshot(state), status),
            Services = model.Services,
        };
        return model.Get<IResource>(ResourceNames.Replica).Annotations.OfType<ResourceCommandAnnotation>()
            .Where(command => command.UpdateState(context) == ResourceCommandState.Enabled)
            .Select(command => command.Name);
    }
}
