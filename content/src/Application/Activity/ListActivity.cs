using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Application.Ingestion;

namespace Application.Activity;

/// <summary>What a user did, newest first.</summary>
/// <param name="Filter">A JSON object that the payload contains; null for any payload.</param>
/// <param name="Since">Not before; null for any time.</param>
/// <param name="Until">Before.</param>
/// <param name="After">The <see cref="ActivityPage.Next"/> of the page before; null for the newest.</param>
public sealed record ListActivity(UserId Owner, string? Filter, Timestamp? Since, Timestamp? Until, string? After, int Limit)
    : IQuery<ErrorOr<ActivityPage>>;

/// <summary>Something that a user did.</summary>
/// <param name="Id">Chosen by the device.</param>
/// <param name="Kind">What was done, such as <c>click</c>.</param>
/// <param name="CreatedAt">When it was done, by the device's clock.</param>
/// <param name="Payload">An object of any shape.</param>
public sealed record ActivityView(Guid Id, string Kind, DateTimeOffset CreatedAt, JsonElement Payload);

/// <summary>Part of what a user did.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Pass it as <c>after</c> to get what follows; null at the end.</param>
public sealed record ActivityPage(IReadOnlyList<ActivityView> Items, string? Next);

/// <summary>
/// A place in the list: that of a row, whether or not the server that answers has the row yet. An id alone would be looked
/// up, and where it is missing the list would seem to end.
/// </summary>
public readonly record struct ActivityCursor(DateTimeOffset CreatedAt, Guid Id)
{
    private const int Length = 24;

    /// <returns>Null when the text is not a cursor.</returns>
    public static ActivityCursor? Read(string text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return text.Length == Base64Url.GetEncodedLength(Length)
            && Base64Url.IsValid(text)
            && Base64Url.DecodeFromChars(text, bytes) == Length
            && BitConverter.ToInt64(bytes) is >= 0 and var ticks && ticks <= DateTime.MaxValue.Ticks
                ? new(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes[8..]))
                : null;
    }

    public string Write() => Base64Url.EncodeToString([.. BitConverter.GetBytes(CreatedAt.UtcTicks), .. Id.ToByteArray()]);
}

public interface IActivityReader : IReadPort
{
    /// <returns>At most <paramref name="limit"/> of those that <paramref name="query"/> asks for.</returns>
    Task<IReadOnlyList<ActivityView>> ListAsync(
        ListActivity query, ActivityCursor? after, int limit, CancellationToken cancellationToken);
}

internal sealed class ListActivityValidator : AbstractValidator<ListActivity>
{
    public ListActivityValidator()
    {
        RuleFor(q => q.Limit).IsPageLimit();
        RuleFor(q => q.Filter).Custom((filter, context) =>
        {
            if (filter is not null && FaultOf(filter) is { } fault)
            {
                context.AddFailure($"A filter is a JSON object, such as {{\"page\":\"home\"}}. {fault}");
            }
        });
        RuleFor(q => q.After).Must(after => after is null || ActivityCursor.Read(after) is not null)
            .WithMessage("This is not what a page of this list has said is next.");
    }

    private static string? FaultOf(string filter)
    {
        var read = StorableJson.Read(Encoding.UTF8.GetBytes(filter), ActivityJson.Default.JsonElement);
        return read.IsError ? read.FirstError.Description : read.Value.ValueKind == JsonValueKind.Object ? null
            : "It is not an object.";
    }
}

internal sealed class ListActivityHandler(IActivityReader activity) : IQueryHandler<ListActivity, ErrorOr<ActivityPage>>
{
    public async ValueTask<ErrorOr<ActivityPage>> Handle(ListActivity query, CancellationToken cancellationToken)
    {
        var after = query.After is { } text ? ActivityCursor.Read(text) : null;
        var rows = await activity.ListAsync(query, after, query.Limit + 1, cancellationToken);
        return rows.Count <= query.Limit
            ? new ActivityPage(rows, Next: null)
            : new ActivityPage(
                [.. rows.Take(query.Limit)], new ActivityCursor(rows[query.Limit - 1].CreatedAt, rows[query.Limit - 1].Id)
                    .Write());
    }
}
