using Infrastructure.Sharding;

namespace Migrator.Verbs;

internal sealed class Buckets(IConfiguration configuration) : IVerb
{
    public string Name => "buckets";

    public string Usage => """
        buckets
              list the buckets of every shard, and those that are being moved
        """;

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var result = await BucketSummary.DescribeAsync(configuration, cancellationToken);
        (result.Outcome == MoveOutcome.Done ? Console.Out : Console.Error).WriteLine(result.Message);
        return (int)result.Outcome;
    }
}
