namespace Migrator.Moves;

internal sealed class AbortMove(IConfiguration configuration) : IVerb
{
    public string Name => "abort-move";

    public string Usage => """
        abort-move <number>
              undo a move of a bucket that was cut off or has failed, and is not decided yet. The target may be away
        """;

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not [var number]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var bucket))
        {
            Console.Error.WriteLine("abort-move needs the number of a bucket.");
            return IVerb.WrongUsage;
        }

        var mover = new BucketMover(configuration, new MoveOptions(), (_, _) => Task.CompletedTask);
        return End(await mover.AbortAsync(bucket, cancellationToken));
    }

    /// <returns>The exit code.</returns>
    internal static int End(MoveResult result)
    {
        (result.Outcome == MoveOutcome.Done ? Console.Out : Console.Error).WriteLine(result.Message);
        return (int)result.Outcome;
    }
}
