namespace Platform.Common;

/// <summary>Parts of statements that ask a server what it is.</summary>
internal static class ServerSql
{
    /// <summary>
    /// The timeline of a primary. <c>pg_control_checkpoint()</c> would tell the old one until the first checkpoint after a
    /// promotion.
    /// </summary>
    public const string Timeline = "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int";

    /// <summary>How far a replica has replayed the log, and a primary has flushed it.</summary>
    public const string Position =
        "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END";

    public const string Cluster = "(SELECT system_identifier FROM pg_control_system())";
}
