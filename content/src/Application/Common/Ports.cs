namespace Acme.Service.Application.Common;

/// <summary>Marks a port that only reads. Its adapter may answer from a replica.</summary>
public interface IReadPort;

/// <summary>Marks a port that changes state. Its adapter works on the primary; query handlers may not depend on it.</summary>
public interface IWritePort;

/// <summary>What the write ports of one command have changed, committed together.</summary>
public interface IUnitOfWork : IWritePort
{
    /// <summary>Makes every change durable in one transaction on one shard. Nothing is stored without it.</summary>
    Task CommitAsync(CancellationToken cancellationToken);
}
