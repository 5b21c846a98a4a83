
namespace Migrator.Moves;

internal sealed class Buckets(IConfiguration configuration) : IVerb
{
    public string Name => "buckets";

    public string Usage => """
        buckets
              list the buckets of every shard, and how far moves are that are not finished
        """;

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken) =>
        AbortMove.End(await BucketSummary.DescribeAsync(configuration, cancellationToken));
}
