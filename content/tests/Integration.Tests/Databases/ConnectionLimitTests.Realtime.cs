using Api.Common;
using Platform.Realtime;

namespace Integration.Tests.Databases;

public sealed partial class ConnectionLimitTests
{
    [Fact]
    public void Streams_that_read_their_history_leave_requests_their_connections()
    {
        var turns = Configuration.GetSection(RateLimitOptions.Section).Get<RateLimitOptions>()!;
        var reads = _services.GetRequiredService<IOptions<ReadReplicaOptions>>().Value;

        Assert.InRange(turns.Writes + reads.PrimaryReads + EventHub.AtOnce, 1, Pools.MaxPoolSize);
    }
}
