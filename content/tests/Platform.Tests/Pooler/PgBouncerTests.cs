using Migrator.Migrations;

namespace Platform.Tests.Pooler;

/// <summary>What may not go through a pooler is refused, and not broken in silence.</summary>
public sealed class PgBouncerTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [PgBouncerFact]
    public async Task An_instance_does_not_start_when_a_pooler_was_not_declared()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var bouncer = await PgBouncer.StartAsync(databases);
        await StartFailsAsync(bouncer.Settings().Where(setting => setting.Key != "Postgres:Pooler"));
    }

    [PgBouncerFact]
    public async Task An_instance_does_not_start_when_background_work_goes_through_a_pooler()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var bouncer = await PgBouncer.StartAsync(databases);
        await StartFailsAsync(
        [
            .. bouncer.Settings(),
            new($"ConnectionStrings:{DatabaseNames.WorkerOf("shard1")}", bouncer.Through("shard1", DatabaseRoles.Worker)),
        ]);
    }

    [PgBouncerFact]
    public async Task The_Migrator_does_not_go_through_a_pooler()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var bouncer = await PgBouncer.StartAsync(databases);
        var configuration = Servers.Configuration(database => bouncer.Through(database, DatabaseRoles.Owner), databases.Names);

        var run = new MigrationRun(configuration, NullLogger<MigrationRun>.Instance);
        Assert.Equal(MigrationOutcome.Failed, await run.RunAsync(Cancellation));

        // Moves and reconcile open their connections so as well.
        await using var source = configuration.PrimaryOf("shard0");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await source.OpenConnectionAsync(Cancellation));
        Assert.Contains("connection pooler", refused.Message, StringComparison.Ordinal);
    }

    private static Task StartFailsAsync(IEnumerable<KeyValuePair<string, string>> settings) =>
        ApiInstance.FailsToStartAsync(settings, "lead to a connection pooler", Cancellation);
}
