namespace Application.Sagas;

/// <summary>Where a run is.</summary>
public enum SagaStatus : short
{
    /// <summary>Its steps are being done.</summary>
    Running = 1,

    /// <summary>A step was refused, and those before it are being undone.</summary>
    Compensating = 2,

    /// <summary>All steps are done.</summary>
    Completed = 3,

    /// <summary>All steps are undone.</summary>
    Compensated = 4,

    /// <summary>Nothing happens any more until an operator sends it on.</summary>
    Dead = 5,
}

/// <summary>Runs of all users that have not ended, newest first. For operators.</summary>
/// <param name="After">What the page before said is next.</param>
public sealed record ListSagas(SagaStatus Status, string? After, int Limit) : IQuery<ErrorOr<SagaPage>>;

/// <summary>Part of the runs of all users.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Pass it as <c>after</c> to get what follows; null at the end.</param>
/// <param name="Partial">Shards did not answer: their runs are missing here, and are asked for again by the next page.</param>
/// <param name="Missing">Names of these shards.</param>
public sealed record SagaPage(IReadOnlyList<SagaView> Items, string? Next, bool Partial, IReadOnlyList<string> Missing);

/// <summary>A run of a saga.</summary>
/// <param name="Id">Of the run.</param>
/// <param name="Saga">Name of the saga.</param>
/// <param name="Owner">The user for whom it runs.</param>
/// <param name="Status">Where the run is.</param>
/// <param name="Step">What the run does next.</param>
/// <param name="Refusal">Why it is undone; null when it goes forward.</param>
/// <param name="Failure">What went wrong the last time.</param>
/// <param name="CreatedAt">When it began.</param>
public sealed record SagaView(
    Guid Id,
    string Saga,
    Guid Owner,
    SagaStatus Status,
    string? Step,
    string? Refusal,
    string? Failure,
    DateTimeOffset CreatedAt);

public interface ISagaReader : IReadPort
{
    /// <summary>Null when <paramref name="after"/> is not what an earlier page has said.</summary>
    Task<SagaPage?> ListAsync(SagaStatus status, string? after, int limit, CancellationToken cancellationToken);
}

internal sealed class ListSagasValidator : AbstractValidator<ListSagas>
{
    public ListSagasValidator()
    {
        RuleFor(q => q.Status).Must(status => status is SagaStatus.Running or SagaStatus.Compensating or SagaStatus.Dead)
            .WithMessage("Only runs that have not ended are listed: running, compensating or dead.");
        RuleFor(q => q.Limit).IsPageLimit();
    }
}

internal sealed class ListSagasHandler(ISagaReader sagas) : IQueryHandler<ListSagas, ErrorOr<SagaPage>>
{
    public async ValueTask<ErrorOr<SagaPage>> Handle(ListSagas query, CancellationToken cancellationToken) =>
        await sagas.ListAsync(query.Status, query.After, query.Limit, cancellationToken) is { } page
            ? page
            : FieldErrors.Create(nameof(query.After), "This is not what a page of this list has said is next.");
}
