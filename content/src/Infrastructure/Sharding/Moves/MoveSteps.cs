using System.Data;
using System.Diagnostics;
using System.Globalization;
using Infrastructure.Persistence;

namespace Infrastructure.Sharding;

/// <summary>
/// The steps of one move. First everything is copied while the source serves the bucket and records who is written to.
/// Then those users are copied again, until there are few. Then, in one short transaction that has the bucket for itself,
/// the last of them are copied and the source closes the bucket. At every moment at most one shard serves it; a crash
/// between closing and opening leaves it closed until the next run.
/// </summary>
internal sealed class MoveSteps(
    BucketMove move,
    MoveDirectory directory,
    MoveSession source,
    MoveSession target,
    RowCopy rows,
    MoveOptions options,
    Func<MoveStep, string, Task> reached)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly short _bucket = move.Bucket.Value;
    private readonly MovingBucket _here = new(source, move.Bucket.Value);
    private readonly MovingBucket _there = new(target, move.Bucket.Value);
    private TimeSpan _blocked;

    /// <summary>As of when the target's rows are; null when an earlier run has copied them.</summary>
    private string? _since;

    /// <returns>The longest time for which writers had to wait.</returns>
    public async Task<TimeSpan> RunAsync(CancellationToken cancellationToken)
    {
        await rows.PrepareAsync(cancellationToken);
        if (move.Phase <= MovePhase.Copying)
        {
            await CopyAsync(cancellationToken);
        }

        if (move.Phase <= MovePhase.Opening)
        {
            await SwitchAsync(cancellationToken);
        }

        await CleanAsync(cancellationToken);
        return _blocked;
    }

    private async Task CopyAsync(CancellationToken cancellationToken)
    {
        if (await _there.StateAsync(cancellationToken) is not (null or "moved"))
        {
            throw new MoveException(MoveOutcome.Failed, $"{target.Database} serves bucket {_bucket} already, and the bucket map says {source.Database}.");
        }

        await MarkAsync(cancellationToken);
        await reached(MoveStep.Marked, $"{source.Database} records who is written to.");

        // In place of what an earlier run may have left there.
        var clock = Stopwatch.StartNew();
        var copied = 0L;
        var since = default(string);
        await using (await source.BeginAsync(IsolationLevel.RepeatableRead, cancellationToken))
        await using (var writing = await target.BeginAsync(IsolationLevel.ReadCommitted, cancellationToken))
        {
            since = await _here.OldestAsync(cancellationToken);
            copied = await rows.CopyBucketAsync(cancellationToken);
            await writing.EndAsync();
        }

        _since = since;
        await directory.AdvanceAsync(MovePhase.Tailing, cancellationToken);
        await reached(MoveStep.Copied, Text($"Copied {copied} rows in {clock.Elapsed.TotalSeconds:0.0} s."));
    }

    private async Task MarkAsync(CancellationToken cancellationToken)
    {
        for (var waited = Stopwatch.StartNew(); ; await PauseAsync(waited, cancellationToken))
        {
            var clock = Stopwatch.StartNew();
            await using var hold = await _here.TryHoldAsync(options.MaxBlocked * 0.4, cancellationToken);
            if (hold is not null)
            {
                await _here.MarkAsync(move.Epoch - 1, cancellationToken);
                await hold.EndAsync();
                Blocked(clock.Elapsed);
                return;
            }

            Blocked(clock.Elapsed);
        }
    }

    private async Task SwitchAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        if (move.Phase <= MovePhase.Tailing)
        {
            if (!await _here.IsClosedAsync(move.Epoch, cancellationToken))
            {
                await TailAsync(cancellationToken);
                await VerifyAsync(cancellationToken);
                for (var waited = Stopwatch.StartNew(); ; await PauseAsync(waited, cancellationToken))
                {
                    await TailAsync(cancellationToken);
                    clock.Restart();
                    if (await TryCloseAsync(clock, cancellationToken))
                    {
                        break;
                    }

                    Blocked(clock.Elapsed);
                }

                await reached(MoveStep.Closed, $"{source.Database} refuses the bucket.");
            }

            // Nobody serves the bucket now, so nothing may stop this run from here to the opening.
            await directory.MapAsync(CancellationToken.None);
            await reached(MoveStep.Mapped, $"The bucket map names {target.Database}.");
        }

        await _there.OpenAsync(move.Epoch, CancellationToken.None);
        Blocked(clock.Elapsed);
        await directory.AdvanceAsync(MovePhase.Cleaning, cancellationToken);
        await reached(MoveStep.Opened, $"{target.Database} serves the bucket.");
    }

    /// <summary>Copies again who was written to, round by round, until rounds get no shorter.</summary>
    private async Task TailAsync(CancellationToken cancellationToken)
    {
        var previous = TimeSpan.MaxValue;
        for (var round = 1; ; round++)
        {
            var clock = Stopwatch.StartNew();
            await using var snapshot = await source.BeginAsync(IsolationLevel.RepeatableRead, cancellationToken);
            var (changes, users) = await _here.ChangesAsync(cancellationToken);
            var since = await _here.OldestAsync(cancellationToken);
            await RecopyAsync(users, _since, cancellationToken);

            // What came after the snapshot has other ids, and is left for the next round.
            await _here.ForgetAsync(changes, cancellationToken);
            await snapshot.EndAsync();
            await reached(MoveStep.Tailed, Text($"Round {round}: copied {users.Length} users again in {clock.Elapsed.TotalMilliseconds:0} ms."));
            _since = since;
            if (users.Length == 0 || clock.Elapsed < options.MaxBlocked / 4 || clock.Elapsed > previous * 0.8)
            {
                return;
            }

            previous = clock.Elapsed;
        }
    }

    /// <summary>Copies and compares these users; the caller's transaction says as of when.</summary>
    private async Task RecopyAsync(Guid[] users, string? since, CancellationToken cancellationToken)
    {
        if (users.Length == 0)
        {
            return;
        }

        await using var writing = await target.BeginAsync(IsolationLevel.ReadCommitted, cancellationToken);
        if ((await rows.CopyUsersAsync(users, since, cancellationToken)).FirstOrDefault() is { } wrong)
        {
            throw new MoveException(
                MoveOutcome.Failed,
                $"Rows of user {wrong.User} in table {wrong.Table} are not the same on {target.Database} as on {source.Database}, though just copied. Nothing was switched.");
        }

        await writing.EndAsync();
    }

    /// <summary>Compares every user who was not written to since; the others are compared when they are copied again.</summary>
    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await using var snapshot = await source.BeginAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var (_, changed) = await _here.ChangesAsync(cancellationToken);
        var differences = await rows.DifferencesAsync(cancellationToken);
        var wrong = differences.Select(difference => difference.User).Except(changed).ToArray();
        await RecopyAsync(wrong, null, cancellationToken);
        await snapshot.EndAsync();
        await reached(
            MoveStep.Verified,
            wrong.Length == 0 ? "Verified." : $"Verified; {wrong.Length} users differed and were copied again, such as {wrong[0]}.");
    }

    /// <returns>False when it would take too long: then the bucket is as it was.</returns>
    private async Task<bool> TryCloseAsync(Stopwatch clock, CancellationToken cancellationToken)
    {
        await using var hold = await _here.TryHoldAsync(options.MaxBlocked * 0.4, cancellationToken);
        if (hold is null)
        {
            return false;
        }

        await reached(MoveStep.Locked, "Writers wait.");
        var (_, users) = await _here.ChangesAsync(cancellationToken);
        await RecopyAsync(users, _since, cancellationToken);
        await reached(MoveStep.Recopied, $"Copied the last {users.Length} users.");

        // What follows takes three commits.
        if (clock.Elapsed > options.MaxBlocked * 0.6)
        {
            return false;
        }

        await _here.CloseAsync(move.Epoch, cancellationToken);
        await hold.EndAsync();
        return true;
    }

    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(options.KeepFor, cancellationToken);
        if (!await _here.IsClosedAsync(move.Epoch, cancellationToken))
        {
            throw new MoveException(MoveOutcome.Failed, $"{source.Database} has not closed bucket {_bucket}, so its rows stay.");
        }

        long deleted;
        await using (var deleting = await source.BeginAsync(IsolationLevel.ReadCommitted, cancellationToken))
        {
            deleted = await rows.DeleteBucketAsync(source, cancellationToken);
            await deleting.EndAsync();
        }

        await reached(MoveStep.Cleaned, $"Deleted {deleted} rows on {source.Database}.");
        await directory.AdvanceAsync(MovePhase.Done, cancellationToken);
        await reached(MoveStep.Done, "Done.");
    }

    private void Blocked(TimeSpan time) => _blocked = time > _blocked ? time : _blocked;

    private async Task PauseAsync(Stopwatch waited, CancellationToken cancellationToken)
    {
        if (waited.Elapsed > options.Patience)
        {
            throw new MoveException(
                MoveOutcome.Failed,
                $"Writers have kept bucket {_bucket} too busy for {options.Patience.TotalSeconds:0} s. The same command continues; --max-blocked lets it take longer.");
        }

        await Task.Delay(s_pause, cancellationToken);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
