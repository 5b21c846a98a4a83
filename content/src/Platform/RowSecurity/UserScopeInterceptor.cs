using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Platform.RowSecurity;

/// <summary>
/// Sends a context's <see cref="Pipeline"/> or guard together with EF Core's next statement, as one batch. Only statements that
/// are sent asynchronously, as all here are: another would work without a user, and see and change nothing.
/// </summary>
internal sealed class UserScopeInterceptor : DbCommandInterceptor
{
    public static UserScopeInterceptor Instance { get; } = new();

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        var context = eventData.Context as UserScopedContext;
        var guard = context?.Guard;
        var pipeline = context?.Pipeline;
        if (guard is null && pipeline is null or { IsEmpty: true })
        {
            await PreparedStatements.PrepareAsync(command, cancellationToken);
            return result;
        }

        var batch = BatchFor(command);
        var results = pipeline?.MoveTo(batch) ?? 0;
        if (guard is not null)
        {
            batch.BatchCommands.Add(guard.Command());
        }

        Move(command, batch);
        if (guard is { AsksPosition: true })
        {
            batch.BatchCommands.Add(guard.PositionCommand());
        }

        cancellationToken = guard?.Cancellation(cancellationToken) ?? cancellationToken;
        await PreparedStatements.PrepareAsync(batch, command.CommandText, cancellationToken);
        var reader = await batch.ExecuteReaderAsync(cancellationToken);
        try
        {
            if (guard is not null)
            {
                await guard.PassAsync(reader);
            }

            while (results-- > 0)
            {
                await reader.NextResultAsync(cancellationToken);
            }
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }

        return InterceptionResult<DbDataReader>.SuppressWithResult(reader);
    }

    /// <summary>The position that the rows were read at comes behind them.</summary>
    public override async ValueTask<InterceptionResult> DataReaderClosingAsync(
        DbCommand command, DataReaderClosingEventData eventData, InterceptionResult result)
    {
        if (eventData.Context is UserScopedContext { Guard: { AsksPosition: true } guard } && !eventData.DataReader.IsClosed)
        {
            await guard.EndAsync(eventData.DataReader);
        }

        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default)
    {
        if (command.Transaction is null || (eventData.Context as UserScopedContext)?.Pipeline is not { IsEmpty: false } pipeline)
        {
            await PreparedStatements.PrepareAsync(command, cancellationToken);
            return result;
        }

        await using var batch = BatchFor(command);
        pipeline.MoveTo(batch);
        Move(command, batch);
        await PreparedStatements.PrepareAsync(batch, command.CommandText, cancellationToken);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return InterceptionResult<int>.SuppressWithResult(batch.BatchCommands[^1].RecordsAffected);
    }

    private static NpgsqlBatch BatchFor(DbCommand command) =>
        new((NpgsqlConnection)command.Connection!, (NpgsqlTransaction?)command.Transaction) { Timeout = command.CommandTimeout };

    /// <summary>Adds the command, which gives its parameters away.</summary>
    private static void Move(DbCommand command, NpgsqlBatch batch)
    {
        var statement = new NpgsqlBatchCommand(command.CommandText);
        var parameters = command.Parameters.Cast<NpgsqlParameter>().ToArray();
        command.Parameters.Clear();
        statement.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(statement);
    }
}
