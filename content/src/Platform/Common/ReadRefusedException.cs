namespace Platform.Common;

/// <summary>What a server says to a read: the numbers of the read's guard.</summary>
internal enum ReadVerdict
{
    Passed = 0,
    OtherCluster = 1,

    /// <summary>It follows an old primary, or was promoted apart from the one that is known.</summary>
    OtherTimeline = 2,

    /// <summary>It has not replayed what the read must see.</summary>
    Behind = 3,

    /// <summary>The user's bucket is not there, or not at the epoch that this instance knows.</summary>
    BucketMoved = 4,

    /// <summary>No server could be asked.</summary>
    NoServer = 6,
}

/// <summary>
/// A read was not answered, since no answer would have been the right one. Another time, or another server, may do.
/// </summary>
internal sealed class ReadRefusedException(ReadVerdict verdict, string message) : Exception(message)
{
    public ReadVerdict Verdict { get; } = verdict;
}
