namespace Domain.Activity;

/// <summary>Something that a user did, such as a click, as their device tells it. It is never changed.</summary>
public sealed class UserActivity
{
    public const int MaxKindLength = 64;

    private UserActivity(UserId owner, Guid id, string kind, string payload, DateTimeOffset createdAt) =>
        (Owner, Id, Kind, Payload, CreatedAt) = (owner, id, kind, payload, createdAt);

    public UserId Owner { get; }

    /// <summary>Chosen by the device, and unique among what the user has done.</summary>
    public Guid Id { get; }

    public string Kind { get; }

    /// <summary>A JSON object.</summary>
    public string Payload { get; }

    /// <summary>When it was done, by the device's clock.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <param name="payload">A JSON object.</param>
    public static ErrorOr<UserActivity> Create(UserId owner, Guid id, string kind, string payload, DateTimeOffset createdAt)
    {
        if (id == Guid.Empty)
        {
            return ActivityErrors.NoId;
        }

        return kind.Length is 0 or > MaxKindLength || !kind.All(
            character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '-' or '.')
            ? ActivityErrors.BadKind
            : new UserActivity(owner, id, kind, payload, createdAt);
    }
}

public static class ActivityErrors
{
    public static Error NoId => Error.Validation("Activity.NoId", "The id is empty.");

    public static Error BadKind => Error.Validation(
        "Activity.BadKind", $"A kind has 1 to {UserActivity.MaxKindLength} small letters, digits, dashes and dots.");
}
