using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Domain.Activity;
using Domain.Common;
using ErrorOr;

namespace Application.Activity;

/// <summary>A line as it is sent.</summary>
/// <param name="Payload">An object of any shape.</param>
internal sealed record ActivityLine(Guid Id, string Kind, DateTimeOffset CreatedAt, JsonElement Payload)
{
    /// <returns>Null for a line of nothing but white space.</returns>
    public static ErrorOr<UserActivity>? Read(ReadOnlySequence<byte> utf8, UserId owner)
    {
        if (IsBlank(utf8))
        {
            return null;
        }

        ActivityLine? line;
        try
        {
            var reader = new Utf8JsonReader(utf8);
            line = JsonSerializer.Deserialize(ref reader, ActivityJson.Default.ActivityLine);
            if (reader.Read())
            {
                return Unreadable("There is more than one value.");
            }
        }
        catch (JsonException exception)
        {
            return Unreadable($"This is not the JSON of an activity; the problem is at '{exception.Path ?? "$"}'.");
        }

        return line is not { Payload.ValueKind: JsonValueKind.Object }
            ? Unreadable("The payload is not an object.")
            : UserActivity.Create(owner, line.Id, line.Kind, line.Payload.GetRawText(), line.CreatedAt);
    }

    private static Error Unreadable(string reason) => Error.Validation("Activity.Unreadable", reason);

    private static bool IsBlank(ReadOnlySequence<byte> utf8)
    {
        foreach (var part in utf8)
        {
            if (part.Span.ContainsAnyExcept(" \t\r"u8))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Strict: a misspelt property is an error and not a default value.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ActivityLine))]
internal sealed partial class ActivityJson : JsonSerializerContext;
