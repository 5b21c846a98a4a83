namespace Platform.Failover;

/// <summary>A server to ask, over one connection that is kept while it answers.</summary>
/// <param name="Name">host:port.</param>
/// <param name="Source">Is disposed with this.</param>
internal sealed record ProbedServer<T>(T Server, string Name, ProbePace Pace, NpgsqlDataSource Source) : IAsyncDisposable
{
    public NpgsqlConnection? Connection { get; set; }

    /// <summary>What it was when it was last asked, in words.</summary>
    public string? State { get; set; }

    public async ValueTask DropAsync()
    {
        await (Connection?.DisposeAsync() ?? default);
        Connection = null;
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        await Source.DisposeAsync();
    }

    public override string ToString() => Name;
}

/// <summary>Asks servers how they are, as often as their <see cref="ProbePace"/> says, and logs what has changed.</summary>
/// <param name="shortest">Pause between two probes that are asked for.</param>
/// <param name="quick">Pause while the server is used.</param>
internal abstract partial class ServerProbe<T>(
    IEnumerable<ProbedServer<T>> servers, TimeSpan shortest, TimeSpan quick, ILogger logger)
    : PollingWorker<ProbedServer<T>>(servers, logger)
{
    /// <returns>What the server is, in words, and whether it is as it should be.</returns>
    protected abstract Task<(string State, bool IsFine)> AskAsync(
        ProbedServer<T> server, NpgsqlConnection connection, CancellationToken cancellationToken);

    protected sealed override async Task<TimeSpan> PollAsync(ProbedServer<T> server, CancellationToken stopping)
    {
        var (state, isFine) = ("does not answer", false);
        try
        {
            server.Connection ??= await server.Source.OpenConnectionAsync(stopping);
            (state, isFine) = await AskAsync(server, server.Connection, stopping);
        }
        catch (Exception exception) when (DatabaseErrors.IsNoAnswer(exception))
        {
            await server.DropAsync();
            Failed(server);
        }

        if (state != server.State)
        {
            LogState(Logger, isFine ? LogLevel.Information : LogLevel.Warning, server.Name, state);
        }

        server.State = state;
        return quick;
    }

    protected sealed override Task PauseAsync(ProbedServer<T> server, TimeSpan pause, CancellationToken stopping) =>
        server.Pace.AnsweredAsync(shortest, pause, stopping);

    [LoggerMessage("PostgreSQL server {Host} {State}.")]
    private static partial void LogState(ILogger logger, LogLevel level, string host, string state);
}
