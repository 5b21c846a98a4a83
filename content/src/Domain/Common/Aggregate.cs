namespace Domain.Common;

/// <summary>Something that has happened to what a user has, and that they are told of.</summary>
public interface IDomainEvent
{
    UserId Owner { get; }

    /// <summary>What clients know it by: small letters and dashes.</summary>
    string Type { get; }
}

/// <summary>Records what happens to it. The unit of work stores the events with its rows.</summary>
public abstract class Aggregate
{
    private readonly List<IDomainEvent> _newEvents = [];

    /// <summary>Recorded since it was loaded.</summary>
    public IReadOnlyList<IDomainEvent> NewEvents => _newEvents;

    protected void Record(IDomainEvent happened) => _newEvents.Add(happened);
}
