
namespace Migrator.Migrations;

internal sealed class Migrate(MigrationRun run) : IVerb
{
    public string Name => "";

    public string Usage => """
        (no verb)
              bring the directory and every shard up to date
        """;

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken) =>
        (int)await run.RunAsync(cancellationToken);
}
