namespace Migrator.Moves;

/// <summary>
/// The steps of one move. The rows are copied while the source serves the bucket. Then the source is closed for writes, by a
/// lock of this run's session, for as long as it takes to copy what was written meanwhile, to compare all rows and to have
/// them on a standby. Whatever fails until then leaves the source open. The bucket map then names the target, in one
/// transaction of the directory. At every moment at most one shard serves the bucket.
/// </summary>
/// <param name="tell">Gets each step and a line for people.</param>
internal sealed class MoveSteps(
    BucketMove move, MoveState state, MoveSession source, MoveSession target, RowCopy rows, MoveOptions options,
    Func<MoveStep, string, CancellationToken, Task> tell)
{
    private readonly (string Source, string Target) _names = (source.Database, target.Database);

    /// <returns>For how long writes to the bucket were refused.</returns>
    public async Task<TimeSpan> RunAsync(CancellationToken cancellationToken)
    {
        var clock = new Stopwatch();
        if (!move.IsOpen)
        {
            await CopyAsync(cancellationToken);
            await CloseAsync(clock, cancellationToken);
            await SwitchAsync(clock, cancellationToken);
            clock.Stop();
        }

        await state.ChangeAsync(target, move.Epoch, "active", CancellationToken.None);
        await tell(MoveStep.Opened, $"{_names.Target} serves the bucket.", cancellationToken);
        await MoveState.MaxIdleAsync(source, options.KeepFor + options.CloseTimeout, cancellationToken);
        await Task.Delay(options.KeepFor, cancellationToken);
        if (await state.OfAsync(source, cancellationToken) != "moved")
        {
            throw new MoveException(MoveOutcome.Failed, $"{_names.Source} has not left bucket {move.Bucket}, so its rows stay.");
        }

        var deleted = await rows.DeleteAsync(source, cancellationToken);
        await tell(MoveStep.Cleaned, $"{deleted} rows are deleted on {_names.Source}.", cancellationToken);
        await state.ForgetAsync(cancellationToken);
        await tell(MoveStep.Done, "Done.", cancellationToken);
        return clock.Elapsed;
    }

    /// <summary>Takes away what an earlier run has left on the target.</summary>
    /// <returns>How many rows.</returns>
    public async Task<long> ClearAsync(CancellationToken cancellationToken)
    {
        switch (await state.OfAsync(target, cancellationToken))
        {
            case "active" or "moving":
                throw new MoveException(
                    MoveOutcome.Failed,
                    $"{_names.Target} serves bucket {move.Bucket} already, and the bucket map says {_names.Source}.");
            case "opening":
                await state.ChangeAsync(target, move.Epoch - 1, "moved", cancellationToken);
                break;
        }

        return await rows.DeleteAsync(target, cancellationToken);
    }

    private async Task CopyAsync(CancellationToken cancellationToken)
    {
        // Nothing is deleted there for its age any more.
        await state.ChangeAsync(source, move.Epoch - 1, "moving", cancellationToken);
        var cleared = await ClearAsync(cancellationToken);
        await tell(MoveStep.Prepared, $"{_names.Target} is empty, of {cleared} rows of an earlier run.", cancellationToken);
        await tell(MoveStep.Copied, $"{await rows.CopyAsync(cancellationToken)} rows are copied.", cancellationToken);
        for (var (round, followed) = (1, 0L); round <= 5 && (round == 1 || followed > 200); round++)
        {
            followed = await rows.FollowAsync(cancellationToken);
            await tell(MoveStep.Followed, $"{followed} rows that were written meanwhile are copied.", cancellationToken);
        }

        await MoveState.StandbyHasItAsync(target, options.StandbyTimeout, cancellationToken);
    }

    private async Task CloseAsync(Stopwatch clock, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        for (clock.Start(); !await state.TryCloseAsync(source, options.MaxClosed, cancellationToken); clock.Restart())
        {
            if (waited.Elapsed > options.CloseTimeout)
            {
                throw new MoveException(
                    MoveOutcome.Failed,
                    $"Bucket {move.Bucket} could not be closed in {waited.Elapsed.TotalSeconds:0} s: "
                    + "transactions that write to it stay open.");
            }

            await Task.Delay(500, cancellationToken);
        }
    }

    private async Task SwitchAsync(Stopwatch clock, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.MaxClosed);
        try
        {
            await tell(MoveStep.Closed, $"{_names.Source} refuses writes.", limit.Token);
            await tell(MoveStep.Completed, $"The last {await rows.FollowAsync(limit.Token)} rows are copied.", limit.Token);
            await rows.VerifyAsync(limit.Token);
            await tell(MoveStep.Verified, "Number and digest of all rows are the same.", limit.Token);
            await state.ChangeAsync(target, move.Epoch, "opening", limit.Token);
            await MoveState.StandbyHasItAsync(target, options.MaxClosed, limit.Token);
            await state.ChangeAsync(source, move.Epoch, "moved", CancellationToken.None);
            try
            {
                // A promotion there must not bring the bucket back.
                await MoveState.StandbyHasItAsync(source, options.MaxClosed, limit.Token);
            }
            catch
            {
                await state.ChangeAsync(source, move.Epoch - 1, "moving", CancellationToken.None);
                throw;
            }
        }
        catch (Exception exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new MoveException(
                MoveOutcome.Failed,
                $"The switch was not done after {clock.Elapsed.TotalSeconds:0} s, so {_names.Source} takes writes again. "
                + $"Try again, or allow longer with --max-closed. ({exception.Message})");
        }

        // No shard serves the bucket now, so nothing stops this run.
        await tell(MoveStep.Left, $"{_names.Source} refuses the bucket.", CancellationToken.None);
        await state.MapAsync();
        await tell(MoveStep.Mapped, $"The bucket map names {_names.Target}.", CancellationToken.None);
    }
}
