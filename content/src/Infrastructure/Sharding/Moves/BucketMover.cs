using System.Globalization;
using Domain.Common;
using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;

namespace Infrastructure.Sharding;

/// <summary>
/// Moves a bucket to another shard while it is used. May die at any point: the next run of the same move continues. Needs
/// the connection strings of the role that owns the tables.
/// </summary>
/// <param name="reached">Told of each step, with a line for people. Between Locked and Opened writers wait for it.</param>
public sealed class BucketMover(IConfiguration configuration, MoveOptions options, Func<MoveStep, string, Task> reached)
{
    /// <summary>What is wrong is an outcome and not an exception.</summary>
    public Task<MoveResult> MoveAsync(int bucket, string target, CancellationToken cancellationToken) =>
        MoveResult.OfAsync(() => BeginAsync(bucket, target, cancellationToken), cancellationToken);

    private async Task<MoveResult> BeginAsync(int number, string target, CancellationToken cancellationToken)
    {
        if (number is < 0 or >= Bucket.Count)
        {
            throw new MoveException(MoveOutcome.WrongArguments, $"There is no bucket {number}: they are 0 to {Bucket.Count - 1}.");
        }

        var shards = DatabaseNames.From(configuration).Shards;
        if (!shards.Contains(target))
        {
            throw new MoveException(
                MoveOutcome.WrongArguments, $"There is no shard '{target}'. Connection strings name {string.Join(", ", shards)}.");
        }

        var bucket = (short)number;
        await using var directory = await MoveDirectory.OpenAsync(configuration, bucket, cancellationToken);
        var move = await directory.UnfinishedAsync(cancellationToken);
        if (move is null)
        {
            if (await directory.ShardAsync(cancellationToken) == target)
            {
                return new MoveResult(MoveOutcome.Done, $"Bucket {bucket} is on {target} already.");
            }

            await directory.RegisterAsync(target, cancellationToken);
            move = await directory.UnfinishedAsync(cancellationToken) ?? throw new MoveException(
                MoveOutcome.Failed, $"The bucket map has no bucket {bucket}. Run the Migrator without arguments first.");
            await reached(MoveStep.Registered, $"Bucket {bucket} moves from {move.Source} to {target}.");
        }
        else if (move.Target != target)
        {
            throw new MoveException(
                MoveOutcome.Locked,
                $"Bucket {bucket} is on its way from {move.Source} to {move.Target}. Finish that first: move-bucket {bucket} --to {move.Target}");
        }
        else
        {
            await reached(MoveStep.Registered, $"Bucket {bucket} is on its way from {move.Source} to {target}; this run continues.");
        }

        await using var from = await OpenAsync(move.Source, bucket, cancellationToken);
        await using var to = await OpenAsync(move.Target, bucket, cancellationToken);
        var tables = await UserTables.OfBothAsync(from, to, cancellationToken);
        var steps = new MoveSteps(move, directory, from, to, new RowCopy(from, to, tables, bucket), options, reached);
        var blocked = await steps.RunAsync(cancellationToken);
        return new MoveResult(
            MoveOutcome.Done,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Bucket {bucket} is on {target} at epoch {move.Epoch}. Writes to it waited at most {blocked.TotalMilliseconds:0} ms."),
            blocked);
    }

    private Task<MoveSession> OpenAsync(string shard, short bucket, CancellationToken cancellationToken) =>
        MoveSession.OpenAsync(configuration, shard, bucket, cancellationToken);
}
