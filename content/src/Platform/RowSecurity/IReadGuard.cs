using System.Data.Common;

namespace Platform.RowSecurity;

/// <summary>What goes in front of each statement that reads outside a transaction, and sets the user if all is well.</summary>
internal interface IReadGuard
{
    /// <summary>Whether a statement for the position comes behind.</summary>
    bool AsksPosition { get; }

    NpgsqlBatchCommand Command();

    NpgsqlBatchCommand PositionCommand();

    /// <summary>What a statement that is guarded is cancelled by.</summary>
    CancellationToken Cancellation(CancellationToken cancellationToken);

    /// <summary>
    /// Reads what the server has said, and goes on to the result of the read. Throws when it is not to be read.
    /// </summary>
    ValueTask PassAsync(DbDataReader reader);

    /// <summary>After the rows: reads the position.</summary>
    ValueTask EndAsync(DbDataReader reader);
}
