using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Application.Common;

/// <summary>A time that a client sends, as RFC 3339 has it. Without an offset from UTC it would mean the server's zone.</summary>
[JsonConverter(typeof(Converter))]
public readonly partial record struct Timestamp(DateTimeOffset Value)
{
    public static bool TryParse(string? text, out Timestamp timestamp)
    {
        var isTime = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var value) && Format().IsMatch(text!);
        timestamp = new Timestamp(value);
        return isTime;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Format();

    internal sealed class Converter : JsonConverter<Timestamp>
    {
        public override Timestamp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var timestamp) ? timestamp
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, Timestamp value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Value);
    }
}
