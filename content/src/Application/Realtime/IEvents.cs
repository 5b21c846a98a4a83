using Application.Common;
using Domain.Common;

namespace Application.Realtime;

/// <summary>Tells users what has happened to what is theirs.</summary>
public interface IEvents : IWritePort
{
    /// <summary>
    /// Stores an event in the unit of work of the command that has made it happen: it is told if that is committed, and
    /// not otherwise. A user is told of their events once each, in the order in which they happened.
    /// </summary>
    /// <param name="type">What clients know it by: small letters and dashes.</param>
    /// <param name="payload">Sent as JSON, so a record of plain values.</param>
    Task PublishAsync<T>(UserId owner, string type, T payload, CancellationToken cancellationToken)
        where T : notnull;
}
