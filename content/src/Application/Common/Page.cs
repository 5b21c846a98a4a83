namespace Application.Common;

/// <summary>Part of a list in keyset order.</summary>
/// <param name="Items">In list order.</param>
/// <param name="Next">Pass it as <c>after</c> to get what follows; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, Guid? Next);

public static class Page
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    /// <summary>
    /// Cuts a page from rows of which one more than <paramref name="limit"/> was asked for: it tells whether more follow.
    /// </summary>
    public static Page<T> Cut<T>(IReadOnlyList<T> rows, int limit, Func<T, Guid> id) => rows.Count <= limit
        ? new Page<T>(rows, Next: null)
        : new Page<T>([.. rows.Take(limit)], id(rows[limit - 1]));

    public static IRuleBuilderOptions<T, int> IsPageLimit<T>(this IRuleBuilder<T, int> rule) =>
        rule.InclusiveBetween(1, MaxLimit);
}
