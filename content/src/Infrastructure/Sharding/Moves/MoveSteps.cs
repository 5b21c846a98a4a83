using System.Diagnostics;
using System.Globalization;

namespace Infrastructure.Sharding;

/// <summary>
/// The steps of one move. The rows are copied while the source serves the bucket. Then the source is closed for writes, by a
/// lock of this run's session, for as long as it takes to copy what was written meanwhile, to compare all rows and to have
/// them on a standby. Whatever fails until then leaves the source open. The bucket map then names the target, in one
/// transaction of the directory. At every moment at most one shard serves the bucket.
/// </summary>
/// <param name="tell">Gets each step and a line for people.</param>
internal sealed class MoveSteps(
    BucketMove move, MoveDirectory directory, MovingBucket from, MovingBucket to, MoveOptions options,
    Func<MoveStep, string, CancellationToken, Task> tell)
{
    /// <summary>Rounds of copying what was written meanwhile end when one has copied fewer rows, or after some rounds.</summary>
    private const int FewRows = 200;

    private const int MaxRounds = 5;

    /// <returns>For how long writes to the bucket were refused.</returns>
    public async Task<TimeSpan> RunAsync(RowCopy rows, MoveSession source, MoveSession target, CancellationToken cancellationToken)
    {
        var closed = TimeSpan.Zero;
        if (!move.IsOpen)
        {
            await PrepareAsync(rows, target, cancellationToken);
            var since = await CopyAsync(rows, cancellationToken);
            var clock = await CloseAsync(cancellationToken);
            await SwitchAsync(rows, since, clock, cancellationToken);
            closed = clock.Elapsed;
            await from.LimitIdleAsync(CancellationToken.None);
        }

        await to.OpenAsync("active", CancellationToken.None);
        await tell(MoveStep.Opened, $"{to.Shard} serves the bucket.", cancellationToken);
        await CleanAsync(rows, source, cancellationToken);
        return closed;
    }

    private async Task PrepareAsync(RowCopy rows, MoveSession target, CancellationToken cancellationToken)
    {
        if (await to.IsServedAsync(cancellationToken))
        {
            throw new MoveException(
                MoveOutcome.Failed, $"{to.Shard} serves bucket {move.Bucket} already, and the bucket map says {from.Shard}.");
        }

        // Nothing is deleted there for its age any more.
        await from.ServeAsync("moving", cancellationToken);
        var deleted = await rows.DeleteAsync(target, cancellationToken);
        await to.ForgetAsync(cancellationToken);
        await tell(MoveStep.Prepared, $"{to.Shard} is empty; {deleted} rows of an earlier run are deleted.", cancellationToken);
    }

    /// <returns>The oldest transaction whose rows may not be copied.</returns>
    private async Task<string> CopyAsync(RowCopy rows, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var since = await from.HorizonAsync(cancellationToken);
        var copied = await rows.CopyAsync(cancellationToken);
        await tell(MoveStep.Copied, Text($"{copied} rows are copied, in {clock.Elapsed.TotalSeconds:0.0} s."), cancellationToken);
        for (var round = 1; round <= MaxRounds && (round == 1 || copied >= FewRows); round++)
        {
            var next = await from.HorizonAsync(cancellationToken);
            copied = await rows.CopySinceAsync(since, cancellationToken);
            since = next;
            await tell(MoveStep.Followed, $"{copied} rows that were written meanwhile are copied.", cancellationToken);
        }

        await to.StandbyHasItAsync(options.StandbyTimeout, cancellationToken);
        return since;
    }

    private async Task<Stopwatch> CloseAsync(CancellationToken cancellationToken)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(500, cancellationToken))
        {
            var clock = Stopwatch.StartNew();
            if (await from.TryCloseAsync(options.MaxClosed, cancellationToken))
            {
                return clock;
            }

            if (waited.Elapsed > options.CloseTimeout)
            {
                throw new MoveException(
                    MoveOutcome.Failed,
                    $"Bucket {move.Bucket} could not be closed in {waited.Elapsed.TotalSeconds:0} s: transactions that write to it stay open.");
            }
        }
    }

    private async Task SwitchAsync(RowCopy rows, string since, Stopwatch clock, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.MaxClosed);
        try
        {
            await tell(MoveStep.Closed, $"{from.Shard} refuses writes.", limit.Token);
            var last = await rows.CopySinceAsync(since, limit.Token);
            await tell(MoveStep.Completed, $"The last {last} rows are copied.", limit.Token);
            await rows.VerifyAsync(limit.Token);
            await tell(MoveStep.Verified, "Number and digest of all rows are the same.", limit.Token);
            await to.OpenAsync("opening", limit.Token);
            await to.StandbyHasItAsync(options.MaxClosed, limit.Token);
            await tell(MoveStep.Replicated, "A standby has the rows, or there is none.", limit.Token);
            limit.Token.ThrowIfCancellationRequested();
            await from.LeaveAsync();
            try
            {
                // A promotion there must not bring back the old owner.
                await from.StandbyHasItAsync(options.MaxClosed, limit.Token);
            }
            catch
            {
                await from.ServeAsync("moving", CancellationToken.None);
                throw;
            }
        }
        catch (Exception exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new MoveException(
                MoveOutcome.Failed,
                $"The switch was not done after {clock.Elapsed.TotalSeconds:0.0} s, so {from.Shard} takes writes again. "
                + $"Try again, or allow longer with --max-closed. ({exception.Message})");
        }

        // No shard serves the bucket now, so nothing stops this run.
        await tell(MoveStep.Left, $"{from.Shard} refuses the bucket.", CancellationToken.None);
        await directory.OpenAsync(CancellationToken.None);
        await tell(MoveStep.Mapped, $"The bucket map names {to.Shard}.", CancellationToken.None);
    }

    private async Task CleanAsync(RowCopy rows, MoveSession source, CancellationToken cancellationToken)
    {
        await Task.Delay(options.KeepFor, cancellationToken);
        if (!await from.HasLeftAsync(cancellationToken))
        {
            throw new MoveException(MoveOutcome.Failed, $"{from.Shard} has not left bucket {move.Bucket}, so its rows stay.");
        }

        var deleted = await rows.DeleteAsync(source, cancellationToken);
        await tell(MoveStep.Cleaned, $"{deleted} rows are deleted on {from.Shard}.", cancellationToken);
        await directory.ForgetAsync(cancellationToken);
        await tell(MoveStep.Done, "Done.", cancellationToken);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
