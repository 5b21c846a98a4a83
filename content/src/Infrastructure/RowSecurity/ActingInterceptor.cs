using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Infrastructure.RowSecurity;

/// <summary>
/// Sends what a context's <see cref="Acting"/> says together with its next statement. Only statements that are sent
/// asynchronously, as all here are: another would work in nobody's name, and see and change nothing.
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
        if (PutBefore(command, eventData.Context) is not (> 0 and var before))
        {
            return result;
        }

        var reader = await command.ExecuteReaderAsync(cancellationToken);
        try
        {
            for (; before > 0; before--)
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

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default)
    {
        // The calls are SELECTs, which do not count as rows affected.
        PutBefore(command, eventData.Context);
        return new(result);
    }

    private static int PutBefore(DbCommand command, DbContext? context) =>
        context is ActingContext { Acting: { } acting } ? acting.PutBefore(command) : 0;
}
