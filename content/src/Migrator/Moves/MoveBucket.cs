using System.CommandLine;

namespace Migrator.Moves;

internal sealed class MoveBucket : Command
{
    public MoveBucket(IConfiguration configuration)
        : base(
            "move-bucket",
            "Move a bucket to another shard while it is used. The same command continues a move that was cut off")
    {
        var bucket = WholeNumber.BucketArgument();
        var to = new Option<string>("--to") { Description = "name of the shard", HelpName = "shard", Required = true };
        var keepFor = WholeNumber.SecondsOption(
            "--keep-for", usual: 5, least: 0, "how long the old shard keeps its rows for queries under way");
        var maxClosed = WholeNumber.SecondsOption(
            "--max-closed", usual: 5, least: 1, "how long writes to the bucket may be refused");
        Add(bucket);
        Add(to);
        Add(keepFor);
        Add(maxClosed);
        SetAction(async (parsed, cancellationToken) =>
        {
            var options = new MoveOptions
            {
                KeepFor = TimeSpan.FromSeconds(parsed.GetValue(keepFor)),
                MaxClosed = TimeSpan.FromSeconds(parsed.GetValue(maxClosed)),
            };
            var mover = new BucketMover(configuration, options, Tell);
            return (await mover.MoveAsync(parsed.GetValue(bucket), parsed.GetValue(to)!, cancellationToken)).Print();
        });
    }

    /// <summary>Says nothing while writes are refused, since what reads the output may be slow.</summary>
    private static Task Tell(MoveStep step, string text)
    {
        if (step is < MoveStep.Closed or >= MoveStep.Mapped)
        {
            Console.WriteLine(text);
        }

        return Task.CompletedTask;
    }
}

internal sealed class AbortMove : Command
{
    public AbortMove(IConfiguration configuration)
        : base("abort-move", "Undo a move that was cut off or has failed, and is not decided yet. The target may be away")
    {
        var bucket = WholeNumber.BucketArgument();
        Add(bucket);
        SetAction(async (parsed, cancellationToken) =>
        {
            var mover = new BucketMover(configuration, new MoveOptions(), (_, _) => Task.CompletedTask);
            return (await mover.AbortAsync(parsed.GetValue(bucket), cancellationToken)).Print();
        });
    }
}

internal sealed class Buckets : Command
{
    public Buckets(IConfiguration configuration)
        : base("buckets", "List the buckets of every shard, and how far moves are that are not finished") =>
        SetAction(async (_, cancellationToken) =>
            (await BucketSummary.DescribeAsync(configuration, cancellationToken)).Print());
}
