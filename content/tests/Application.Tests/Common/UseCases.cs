namespace Application.Tests.Common;

/// <summary>
/// The use cases with their whole pipeline, as the service runs them, on ports that the test brings. Every message gets a
/// scope of its own, as every request does.
/// </summary>
internal sealed class UseCases : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public UseCases(Action<IServiceCollection> addPorts)
    {
        var services = new ServiceCollection()
            .AddApplication()
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<CommitCount>()
            .AddScoped<InMemoryUnitOfWork>()
            .AddScoped<IUnitOfWork>(provider => provider.GetRequiredService<InMemoryUnitOfWork>());
        addPorts(services);
        _services = services.BuildServiceProvider(validateScopes: true);
    }

    public TestClock Clock { get; } = new();

    /// <summary>How many commands have been committed.</summary>
    public int Commits => _services.GetRequiredService<CommitCount>().Value;

    public Task<TResponse> SendAsync<TResponse>(ICommand<TResponse> command) =>
        SendAsync(sender => sender.Send(command, TestContext.Current.CancellationToken));

    public Task<TResponse> SendAsync<TResponse>(IQuery<TResponse> query) =>
        SendAsync(sender => sender.Send(query, TestContext.Current.CancellationToken));

    public Task<TResponse> SendAsync<TResponse>(IRequest<TResponse> request) =>
        SendAsync(sender => sender.Send(request, TestContext.Current.CancellationToken));

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<TResponse> SendAsync<TResponse>(Func<ISender, ValueTask<TResponse>> send)
    {
        await using var scope = _services.CreateAsyncScope();
        return await send(scope.ServiceProvider.GetRequiredService<ISender>());
    }
}

internal sealed class TestClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
