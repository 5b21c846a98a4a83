namespace Topology;

/// <summary>A PostgreSQL server on this machine, as it tells of itself in postmaster.pid.</summary>
public sealed class Postmaster(string dataDirectory)
{
    private const int StatusLine = 7;

    /// <summary>False when it has ended as it should.</summary>
    public bool Exists => File.Exists(PidFile);

    /// <exception cref="IOException">The server does not run.</exception>
    public int ProcessId => int.Parse(File.ReadLines(PidFile).First(), null);

    /// <summary>Whether it takes connections. A client that comes too early makes it log an error.</summary>
    public bool IsReady =>
        Exists && File.ReadLines(PidFile).ElementAtOrDefault(StatusLine)?.Trim() is "ready" or "standby";

    private string PidFile => Path.Combine(dataDirectory, "postmaster.pid");
}
