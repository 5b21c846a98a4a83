using System.Text.Json;

namespace Application.Common;

/// <summary>Validation errors that name the field of the request they are about.</summary>
public static class FieldErrors
{
    private const string Field = "field";

    public static Error Create(string property, string description) => Error.Validation(
        "Validation.Failed",
        description,
        new() { [Field] = JsonNamingPolicy.CamelCase.ConvertName(property) });

    /// <summary>The field as it is called in JSON; null when the error is not about one field.</summary>
    public static string? FieldName(this Error error) =>
        error.Metadata is { } metadata && metadata.TryGetValue(Field, out var name) ? (string)name : null;
}
