using System.Net.Http.Headers;
using System.Security.Claims;
using Api.Servers;
using Application.Sagas;
using Mediator;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Platform.Sagas;

namespace Fixtures;

/// <summary>Databases with a table for the effects of the test's sagas.</summary>
public sealed class SagaFixture(ServerPool pool) : ServersFixture(pool)
{
    private TestDatabases? _databases;

    internal TestDatabases Databases => _databases ?? throw new InvalidOperationException("There are no databases yet.");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _databases = await Servers.CreateDatabasesAsync();
        foreach (var shard in new[] { "shard0", "shard1" })
        {
            await _databases.ExecuteAsync(shard, """
                CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY, saga uuid, step text, owner uuid, at timestamptz DEFAULT clock_timestamp());
                GRANT INSERT ON effects TO app_rw, worker;
                """);
        }
    }
}

/// <summary>An instance of the service that knows the test's sagas.</summary>
internal sealed class SagaService : IAsyncDisposable
{
    private readonly TestService _service;
    private readonly WebApplicationFactory<TopologyEndpoints> _host;

    public SagaService(TestDatabases databases, params IEnumerable<(string Key, string Value)> settings)
    {
        _service = new TestService(databases, settings);
        _host = _service.WithWebHostBuilder(builder => builder.ConfigureTestServices(services => services
            .AddSingleton<ISaga, UndoableSaga>()
            .AddSingleton<ISaga, PivotSaga>()
            .AddSingleton(Script)
            .AddSingleton<ILoggerProvider>(Log)
            .AddScoped<ISender, TestSender>()));
        _ = _host.Services;
    }

    public Script Script { get; } = new();

    public Warnings Log { get; } = new();

    public TestDatabases Databases => _service.Databases;

    public IServiceProvider Services => _host.Services;

    public static UserId NewUser(int shard) => TestService.UserOf(TestService.NewSubject(shard));

    public HttpClient Client(params Claim[] claims)
    {
        var client = _host.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestService.TokenOf(claims));
        return client;
    }

    /// <summary>A run between users of two shards, whose first step is done and committed with it.</summary>
    public async Task<TestData> StartAsync<TSaga>()
        where TSaga : Saga<TestData>
    {
        var data = NewData();
        await StartAsync<TSaga>(data);
        return data;
    }

    public static TestData NewData()
    {
        var from = NewUser(0);
        return new TestData(Uuid8.New(from.Bucket, DateTimeOffset.UtcNow), from, NewUser(1));
    }

    public async Task StartAsync<TSaga>(TestData data)
        where TSaga : Saga<TestData>
    {
        await using var scope = Services.CreateAsyncScope();
        var context = await scope.ServiceProvider.GetRequiredService<ShardWriter>()
            .JoinAsync(data.From, TestContext.Current.CancellationToken);
        await TestSender.WriteAsync(context, new TestEffect(data.From, data.Id, "take"), TestContext.Current.CancellationToken);
        await scope.ServiceProvider.GetRequiredService<ISagas>()
            .StartAsync<TSaga, TestData>(data.Id, data.From, data, TestContext.Current.CancellationToken);
        await scope.ServiceProvider.GetRequiredService<IUnitOfWork>().CommitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until the run is in one of these states.</summary>
    public async Task<SagaStatus> UntilAsync(TestData data, params SagaStatus[] expected)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            var status = (SagaStatus)await Databases.ScalarAsync<short>(
                "shard0", $"SELECT status FROM sagas WHERE id = '{data.Id}'");
            if (expected.Contains(status))
            {
                return status;
            }

            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30),
                $"The run is {status}: {await ColumnAsync<string>(data, "row_to_json(sagas)::text")}");
        }
    }

    public Task<T> ColumnAsync<T>(TestData data, string column) =>
        Databases.ScalarAsync<T>("shard0", $"SELECT {column} FROM sagas WHERE id = '{data.Id}'");

    /// <summary>All effects of the run, in the order in which they happened.</summary>
    public async Task<string> EffectsAsync(TestData data)
    {
        var effects = new List<(DateTime At, string Step)>();
        foreach (var shard in new[] { "shard0", "shard1" })
        {
            await using var connection = new NpgsqlConnection($"{Databases.ConnectionString(shard, "postgres")};Pooling=false");
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand($"SELECT at, step FROM effects WHERE saga = '{data.Id}'", connection);
            await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                effects.Add((reader.GetDateTime(0), reader.GetString(1)));
            }
        }

        return string.Join(", ", effects.OrderBy(effect => effect.At).Select(effect => effect.Step));
    }

    /// <summary>Ends runs that would fail for ever, and would be taken by the instances of other tests.</summary>
    public Task AbandonAsync() => Databases.ExecuteAsync(
        "shard0", "UPDATE sagas SET status = 4, lease_epoch = lease_epoch + 1 WHERE status IN (1, 2, 5)");

    /// <summary>Stops the engine of this instance, as the end of its host does.</summary>
    public Task StopAsync() =>
        Services.GetServices<IHostedService>().OfType<SagaRunner>().Single().StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _service.DisposeAsync();
    }
}

/// <summary>What is logged as a warning or worse.</summary>
internal sealed class Warnings : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
