namespace Topology;

/// <summary>
/// Something on this machine that a person can put right. The message is one sentence or two that say how, and is shown as it
/// is.
/// </summary>
public sealed class LocalHostException(string message, Exception? innerException = null) : Exception(message, innerException);
