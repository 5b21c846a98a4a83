using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Application.Ingestion;
using Domain.Activity;

namespace Application.Activity;

/// <summary>A line as it is sent.</summary>
/// <param name="Payload">An object of any shape.</param>
internal sealed record ActivityLine(Guid Id, string Kind, Timestamp CreatedAt, JsonElement Payload)
{
    /// <returns>Null for a line of nothing but white space.</returns>
    public static ErrorOr<UserActivity>? Read(ReadOnlySequence<byte> utf8, UserId owner)
    {
        var bytes = utf8.IsSingleSegment ? utf8.FirstSpan : utf8.ToArray();
        if (!bytes.ContainsAnyExcept(" \t\r"u8))
        {
            return null;
        }

        var line = StorableJson.Read(bytes, ActivityJson.Default.ActivityLine);
        if (line.IsError)
        {
            return line.Errors;
        }

        return line.Value is not { Payload.ValueKind: JsonValueKind.Object } activity
            ? Error.Validation("Activity.Unreadable", "A line is an object, and its payload is one.")
            : UserActivity.Create(owner, activity.Id, activity.Kind, activity.Payload.GetRawText(), activity.CreatedAt.Value);
    }
}

/// <summary>Strict: a misspelt or doubled property is an error and not a default value.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ActivityLine))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ActivityJson : JsonSerializerContext;
