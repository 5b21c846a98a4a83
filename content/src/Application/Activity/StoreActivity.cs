using Domain.Activity;

namespace Application.Activity;

/// <summary>One batch of <see cref="IngestActivity"/>. Answers how many rows are new.</summary>
internal sealed record StoreActivity(UserId Owner, IReadOnlyList<UserActivity> Rows) : ICommand<ErrorOr<int>>;

internal sealed class StoreActivityHandler(IActivityRepository activity) : ICommandHandler<StoreActivity, ErrorOr<int>>
{
    public async ValueTask<ErrorOr<int>> Handle(StoreActivity command, CancellationToken cancellationToken) =>
        await activity.AddAsync(command.Owner, command.Rows, cancellationToken);
}

public interface IActivityRepository : IWritePort
{
    /// <summary>Adds those whose id the owner does not have yet.</summary>
    /// <returns>How many these are.</returns>
    Task<int> AddAsync(UserId owner, IReadOnlyList<UserActivity> rows, CancellationToken cancellationToken);
}
