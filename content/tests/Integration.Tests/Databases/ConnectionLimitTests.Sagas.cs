using Platform.Sagas;

namespace Integration.Tests.Databases;

public sealed partial class ConnectionLimitTests
{
    /// <summary>Beside the workers there are LISTEN, claims, and all the rest.</summary>
    [Fact]
    public void Saga_workers_find_a_connection() => Assert.InRange(
        _services.GetRequiredService<IOptions<SagaOptions>>().Value.Workers + 3, 1, Pools.WorkerPoolSize);
}
