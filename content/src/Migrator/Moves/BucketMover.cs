namespace Migrator.Moves;

/// <summary>
/// Moves a bucket to another shard while it is used. May die at any point: the next run of the same move goes on, or the move
/// is aborted. Needs the connection strings of the role that owns the tables.
/// </summary>
/// <param name="reached">Told of each step, with a line for people. Between Closed and Mapped writes are refused.</param>
public sealed class BucketMover(IConfiguration configuration, MoveOptions options, Func<MoveStep, string, Task> reached)
{
    /// <summary>What is wrong is an outcome and not an exception.</summary>
    public Task<MoveResult> MoveAsync(int bucket, string target, CancellationToken cancellationToken) =>
        MoveResult.OfAsync(() => RunAsync(Checked(bucket), target, cancellationToken), cancellationToken);

    /// <summary>
    /// Ends a move that is not open: the source serves the bucket as before. The target may be away: what was copied to it is
    /// deleted by the next move there.
    /// </summary>
    public Task<MoveResult> AbortAsync(int bucket, CancellationToken cancellationToken) =>
        MoveResult.OfAsync(() => UndoAsync(Checked(bucket), cancellationToken), cancellationToken);

    private async Task<MoveResult> RunAsync(short bucket, string target, CancellationToken cancellationToken)
    {
        var shards = DatabaseNames.From(configuration).Shards;
        if (!shards.Contains(target))
        {
            throw new MoveException(
                MoveOutcome.WrongArguments,
                $"There is no shard '{target}'. Connection strings name {string.Join(", ", shards)}.");
        }

        await using var directory = await OpenAsync(DatabaseNames.Directory, bucket, cancellationToken);
        var state = new MoveState(directory, bucket);
        if (await state.FindAsync(cancellationToken) is null)
        {
            if (await state.ShardAsync(cancellationToken) == target)
            {
                return new MoveResult(MoveOutcome.Done, $"Bucket {bucket} is on {target} already.");
            }

            await state.RegisterAsync(target, cancellationToken);
        }

        var move = await state.FindAsync(cancellationToken) ?? throw new MoveException(
            MoveOutcome.Failed, $"The bucket map has no bucket {bucket}. Run the Migrator without arguments first.");
        if (move.Target != target)
        {
            throw new MoveException(
                MoveOutcome.Locked,
                $"Bucket {bucket} is on its way from {move.Source} to {move.Target}: "
                + $"finish that with the same command, or abort-move {bucket}.");
        }

        // The source's session, whose lock closes the bucket, ends first.
        await using var to = await OpenAsync(move.Target, bucket, cancellationToken);
        await using var from = await OpenAsync(move.Source, bucket, cancellationToken);
        var told = new Stopwatch();
        var rows = new RowCopy(from, to, await UserTable.OfBothAsync(from, to, cancellationToken), bucket, async line =>
        {
            if (!told.IsRunning || told.Elapsed.TotalSeconds > 1)
            {
                told.Restart();
                await TellAsync(MoveStep.Copying, line, cancellationToken);
            }
        });
        await TellAsync(MoveStep.Registered, $"Bucket {bucket} moves from {move.Source} to {target}.", cancellationToken);
        var closed = await new MoveSteps(move, state, from, to, rows, options, TellAsync).RunAsync(cancellationToken);
        return new MoveResult(
            MoveOutcome.Done,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Bucket {bucket} is on {target} at epoch {move.Epoch}. Writes to it were refused for "
                + $"{closed.TotalMilliseconds:0} ms."),
            closed);

        async Task TellAsync(MoveStep step, string line, CancellationToken cancellation)
        {
            if (step is <= MoveStep.Closed or >= MoveStep.Mapped)
            {
                await state.NoteAsync(line, cancellation);
            }

            await reached(step, line);
        }
    }

    private async Task<MoveResult> UndoAsync(short bucket, CancellationToken cancellationToken)
    {
        await using var directory = await OpenAsync(DatabaseNames.Directory, bucket, cancellationToken);
        var state = new MoveState(directory, bucket);
        if (await state.FindAsync(cancellationToken) is not { } move)
        {
            return new MoveResult(MoveOutcome.Done, $"Bucket {bucket} is not being moved.");
        }

        if (move.IsOpen)
        {
            throw new MoveException(
                MoveOutcome.Failed,
                $"{move.Target} has bucket {bucket} already. Finish the move with move-bucket {bucket} --to {move.Target}.");
        }

        await using var from = await OpenAsync(move.Source, bucket, cancellationToken);
        await state.ChangeAsync(from, move.Epoch - 1, "active", cancellationToken);
        await state.ForgetAsync(cancellationToken);
        var aborted = $"The move is aborted: {move.Source} serves bucket {bucket}.";
        try
        {
            await using var to = await OpenAsync(move.Target, bucket, cancellationToken);
            var tables = await UserTable.OfBothAsync(from, to, cancellationToken);
            var rows = new RowCopy(from, to, tables, bucket, _ => Task.CompletedTask);
            var steps = new MoveSteps(move, state, from, to, rows, options, (_, _, _) => Task.CompletedTask);
            var deleted = await steps.ClearAsync(cancellationToken);
            return new MoveResult(MoveOutcome.Done, $"{aborted} {deleted} rows are deleted on {move.Target}.");
        }
        catch (Exception exception) when (exception is NpgsqlException or MoveException)
        {
            return new MoveResult(
                MoveOutcome.Done,
                $"{aborted} What was copied to {move.Target} is deleted by the next move there. ({exception.Message})");
        }
    }

    /// <exception cref="MoveException">There is no such bucket.</exception>
    private static short Checked(int bucket) => bucket is >= 0 and < Bucket.Count
        ? (short)bucket
        : throw new MoveException(MoveOutcome.WrongArguments, $"There is no bucket {bucket}: they are 0 to {Bucket.Count - 1}.");

    private Task<MoveSession> OpenAsync(string database, short bucket, CancellationToken cancellationToken) =>
        MoveSession.OpenAsync(configuration, database, bucket, cancellationToken);
}
