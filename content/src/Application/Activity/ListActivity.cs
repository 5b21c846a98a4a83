using System.Text.Json;
using Application.Common;
using Domain.Common;
using ErrorOr;
using FluentValidation;
using Mediator;

namespace Application.Activity;

/// <summary>What a user did, newest first.</summary>
/// <param name="Filter">A JSON object that the payload contains; null for any payload.</param>
/// <param name="Since">Not before; null for any time.</param>
/// <param name="Until">Before.</param>
/// <param name="After">The <see cref="Page{T}.Next"/> of the page before; null for the newest.</param>
public sealed record ListActivity(
    UserId Owner, string? Filter, DateTimeOffset? Since, DateTimeOffset? Until, Guid? After, int Limit)
    : IQuery<ErrorOr<Page<ActivityView>>>;

public sealed record ActivityView(Guid Id, string Kind, DateTimeOffset CreatedAt, JsonElement Payload);

public interface IActivityReader : IReadPort
{
    /// <returns>At most <paramref name="limit"/> of those that <paramref name="query"/> asks for.</returns>
    Task<IReadOnlyList<ActivityView>> ListAsync(ListActivity query, int limit, CancellationToken cancellationToken);
}

internal sealed class ListActivityValidator : AbstractValidator<ListActivity>
{
    public ListActivityValidator()
    {
        RuleFor(q => q.Limit).IsPageLimit();
        RuleFor(q => q.Filter).Must(IsJsonObject).WithMessage("A filter is a JSON object, such as {\"page\":\"home\"}.");
    }

    private static bool IsJsonObject(string? text)
    {
        if (text is null)
        {
            return true;
        }

        try
        {
            return JsonElement.Parse(text).ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

internal sealed class ListActivityHandler(IActivityReader activity) : IQueryHandler<ListActivity, ErrorOr<Page<ActivityView>>>
{
    public async ValueTask<ErrorOr<Page<ActivityView>>> Handle(ListActivity query, CancellationToken cancellationToken) =>
        Page.Cut(await activity.ListAsync(query, query.Limit + 1, cancellationToken), query.Limit, view => view.Id);
}
