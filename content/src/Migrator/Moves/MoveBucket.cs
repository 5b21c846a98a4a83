namespace Migrator.Moves;

internal sealed class MoveBucket(IConfiguration configuration) : IVerb
{
    public string Name => "move-bucket";

    public string Usage => """
        move-bucket <number> --to <shard> [--keep-for <seconds>] [--max-closed <seconds>]
              move a bucket to another shard while it is used. The same command continues a move that was cut off.
              --keep-for    how long the old shard keeps its rows for queries under way; 5
              --max-closed  how long writes to the bucket may be refused; 5
        """;

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (Parse(arguments, out var error) is not var (bucket, shard, options))
        {
            Console.Error.WriteLine(error);
            return IVerb.WrongUsage;
        }

        return AbortMove.End(await new BucketMover(configuration, options, Tell).MoveAsync(bucket, shard, cancellationToken));
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

    private static (int Bucket, string Shard, MoveOptions Options)? Parse(string[] arguments, out string error)
    {
        var options = new MoveOptions();
        string? shard = null;
        error = "";
        if (arguments is not [var number, ..] || !TryParse(number, out var bucket))
        {
            error = "move-bucket needs the number of a bucket and --to with the name of a shard.";
            return null;
        }

        for (var i = 1; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--to" when value != "":
                    shard = value;
                    break;
                case "--keep-for" when TryParse(value, out var seconds):
                    options = options with { KeepFor = TimeSpan.FromSeconds(seconds) };
                    break;
                case "--max-closed" when TryParse(value, out var seconds) && seconds > 0:
                    options = options with { MaxClosed = TimeSpan.FromSeconds(seconds) };
                    break;
                case "--to" or "--keep-for" or "--max-closed":
                    error = $"{arguments[i]} cannot be '{value}'.";
                    return null;
                default:
                    error = $"move-bucket has no option {arguments[i]}.";
                    return null;
            }
        }

        error = shard is null ? "move-bucket needs --to with the name of a shard." : "";
        return shard is null ? null : (bucket, shard, options);
    }

    private static bool TryParse(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
