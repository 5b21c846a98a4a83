using Npgsql;

namespace Colonnade.Benchmarks;

/// <summary>
/// What publishing costs: transactions of one small insert, without and with an event. The event is written in the same
/// round trip; who is woken by it is told on another connection, once for all within five milliseconds, as the service does.
/// </summary>
internal static class Inserts
{
    private const string ActSql = "SELECT * FROM act_for($1, $2, 1)";
    private const string InsertSql = "INSERT INTO activity (owner_id, id, kind, created_at, payload) VALUES ($1, gen_random_uuid(), 'click', now(), '{}')";
    private const string NothingSql = "SELECT";
    private const string EventSql = "INSERT INTO events (owner_id, epoch, type, payload) VALUES ($1, $2, 'click', '{\"amount\": 1}')";

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);

    /// <param name="publish">With an event.</param>
    /// <param name="nothing">With a statement that does nothing, to tell what any further statement costs.</param>
    public static async Task RunAsync(Plan plan, bool publish = false, bool nothing = false)
    {
        await using var source = NpgsqlReads.Source("shard0", plan.Clients);
        using var stop = new CancellationTokenSource();
        var isDue = false;
        var notifying = publish ? NotifyAsync() : Task.CompletedTask;
        await Load.ServeAsync(plan, async client =>
        {
            var target = plan.Targets[client % plan.Targets.Count];
            var connection = await source.OpenConnectionAsync();
            return async () =>
            {
                await using var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands =
                    {
                        new("BEGIN"),
                        new(ActSql) { Parameters = { Owner(target), Epoch(target) } },
                        new(InsertSql) { Parameters = { Owner(target) } },
                    },
                };
                if (publish)
                {
                    batch.BatchCommands.Add(new(EventSql) { Parameters = { Owner(target), Epoch(target) } });
                }

                if (nothing)
                {
                    batch.BatchCommands.Add(new(NothingSql));
                }

                batch.BatchCommands.Add(new("COMMIT"));
                await batch.ExecuteNonQueryAsync();
                Volatile.Write(ref isDue, true);
                return Result.Succeeded;
            };
        });
        await stop.CancelAsync();
        await notifying;

        async Task NotifyAsync()
        {
            await using var connection = await source.OpenConnectionAsync();
            while (!stop.IsCancellationRequested)
            {
                if (Interlocked.Exchange(ref isDue, false))
                {
                    await using var command = new NpgsqlCommand("NOTIFY events", connection);
                    await command.ExecuteNonQueryAsync();
                }

                await Task.Delay(Gathering, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static NpgsqlParameter<Guid> Owner(Target target) => new() { TypedValue = target.Owner };

    private static NpgsqlParameter<long> Epoch(Target target) => new() { TypedValue = target.Epoch };
}
