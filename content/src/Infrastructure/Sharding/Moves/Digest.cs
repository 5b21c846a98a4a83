using Npgsql;

namespace Infrastructure.Sharding;

/// <summary>What a user's rows in a table amount to.</summary>
/// <param name="Sums">Their number, the sum of their hashes, and the sum of each bigint column.</param>
internal sealed record Digest(Guid User, string Table, string Sums)
{
    public static Digest Read(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetString(1), row.GetString(2));
}
