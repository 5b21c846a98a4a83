namespace Platform.Common;

/// <summary>
/// On a constant that holds one SQL statement: what it takes and what it gives. A test prepares each against the migrated
/// schema and compares. EF Core's statements number their parameters from {0}, Npgsql's from $1.
/// </summary>
/// <param name="parameters">In order, without the null that a value may be.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class SqlAttribute(params Type[] parameters) : Attribute
{
    public IReadOnlyList<Type> Parameters { get; } = parameters;

    /// <summary>
    /// An entity; or a record whose properties the columns are named after; or, for statements that are read by ordinal,
    /// null, and <see cref="Columns"/> says what they are.
    /// </summary>
    public Type? Row { get; init; }

    public Type[] Columns { get; init; } = [];

    public bool InDirectory { get; init; }
}
