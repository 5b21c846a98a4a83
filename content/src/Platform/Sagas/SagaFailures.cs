namespace Platform.Sagas;

/// <summary>Tells a step that is wrong from a database that is away, and how long to wait before the next try.</summary>
internal static class SagaFailures
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstMistake = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestMistake = TimeSpan.FromMinutes(10);

    /// <summary>The pause after a failure of a database.</summary>
    /// <param name="failures">1 after the first.</param>
    public static TimeSpan PauseAfter(int failures) => Backoff.After(failures, First, Longest);

    /// <summary>
    /// Spreads the attempts of a step that fails by a mistake of the program over some minutes, in which the mistake may be
    /// mended, or come to be seen.
    /// </summary>
    /// <param name="attempt">1 after the first.</param>
    public static TimeSpan PauseAfterMistake(int attempt) => Backoff.After(attempt, FirstMistake, LongestMistake, factor: 4);

    /// <summary>Whether the same step may succeed later without anybody doing anything about it.</summary>
    public static bool IsTransient(Exception exception) => exception is ShardAwayException
        // A time-out of the step's own may be its mistake.
        || (exception is not TimeoutException && DatabaseErrors.IsTransient(exception));
}
