using System.Data.Common;

namespace Platform.RowSecurity;

/// <summary>
/// Prepares statements on purpose; it is a round trip only for a connection that has not got the statement yet. Npgsql's own
/// preparing after some uses (<c>MaxAutoPrepare</c>) is off: a batch that fails in the very execution that prepares it leaves its
/// connection out of step, and the next user's read gets the rows of another statement (npgsql#6391).
/// </summary>
internal static class PreparedStatements
{
    /// <summary>Texts beyond that many are not prepared, since what a connection has prepared it keeps.</summary>
    private const int MaxTexts = 400;

    private static readonly ConcurrentDictionary<string, byte> Texts = new();

    /// <summary>False behind a pooler that knows no prepared statements. Of the process, as its configuration is.</summary>
    public static bool AreUsed { get; set; } = true;

    public static Task PrepareAsync(DbCommand command, CancellationToken cancellationToken) =>
        IsAdmitted(command.CommandText) ? command.PrepareAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>For a batch whose texts are always the same.</summary>
    public static Task PrepareAsync(DbBatch batch, CancellationToken cancellationToken) =>
        AreUsed ? batch.PrepareAsync(cancellationToken) : Task.CompletedTask;

    /// <param name="batch">On an open connection.</param>
    /// <param name="text">The one of its statements that is not always the same.</param>
    public static Task PrepareAsync(DbBatch batch, string text, CancellationToken cancellationToken) =>
        IsAdmitted(text) ? batch.PrepareAsync(cancellationToken) : Task.CompletedTask;

    private static bool IsAdmitted(string text) =>
        AreUsed && (Texts.ContainsKey(text) || (Texts.Count < MaxTexts && Texts.TryAdd(text, 0)));
}
