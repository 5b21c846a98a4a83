using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace Infrastructure.RowSecurity;

/// <summary>
/// Sends what a context's <see cref="Acting"/> or guard says together with its next statement, as one batch. Only statements
/// that are sent asynchronously, as all here are: another would work in nobody's name, and see and change nothing.
/// </summary>
internal sealed class ActingInterceptor : DbCommandInterceptor
{
    public static ActingInterceptor Instance { get; } = new();

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        var context = eventData.Context as ActingContext;
        var guard = context?.Guard;
        var calls = context?.Acting?.Take() ?? [];
        if (guard is null && calls.Length == 0)
        {
            await PreparedStatements.PrepareAsync(command, cancellationToken);
            return result;
        }

        var batch = Batch(command, guard is null ? calls : [guard.Command()]);
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

            for (var n = 0; n < calls.Length; n++)
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
        if (eventData.Context is ActingContext { Guard: { AsksPosition: true } guard } && !eventData.DataReader.IsClosed)
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
        if (command.Transaction is null || (eventData.Context as ActingContext)?.Acting?.Take() is not { Length: > 0 } calls)
        {
            await PreparedStatements.PrepareAsync(command, cancellationToken);
            return result;
        }

        // The calls are SELECTs, which do not count as rows affected.
        await using var batch = Batch(command, calls);
        await PreparedStatements.PrepareAsync(batch, command.CommandText, cancellationToken);
        return InterceptionResult<int>.SuppressWithResult(await batch.ExecuteNonQueryAsync(cancellationToken));
    }

    /// <summary>The command with others in front. It gives its parameters away.</summary>
    private static NpgsqlBatch Batch(DbCommand command, NpgsqlBatchCommand[] before)
    {
        var batch = new NpgsqlBatch((NpgsqlConnection)command.Connection!, (NpgsqlTransaction?)command.Transaction)
        {
            Timeout = command.CommandTimeout,
        };
        foreach (var call in before)
        {
            batch.BatchCommands.Add(call);
        }

        var statement = new NpgsqlBatchCommand(command.CommandText);
        var parameters = command.Parameters.Cast<NpgsqlParameter>().ToArray();
        command.Parameters.Clear();
        statement.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(statement);
        return batch;
    }
}
