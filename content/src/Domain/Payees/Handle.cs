using System.Text.RegularExpressions;

namespace Domain.Payees;

/// <summary>
/// A name under which a user is paid, such as <c>alice-b</c>. It is shorter than any UUID, so it cannot be mistaken for
/// the id of a wallet.
/// </summary>
public readonly partial record struct Handle
{
    public const int MaxLength = 30;

    private Handle(string value) => Value = value;

    public string Value { get; }

    public static ErrorOr<Handle> From(string text) => Pattern.IsMatch(text)
        ? new Handle(text)
        : Error.Validation(
            "Handle.Malformed",
            "A handle has 3 to 30 small letters, digits and dashes, begins with a letter and does not end with a dash.");

    public override string ToString() => Value;

    [GeneratedRegex(@"^[a-z][a-z0-9-]{1,28}[a-z0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern { get; }
}
