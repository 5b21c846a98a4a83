using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Application.Ingestion;

/// <summary>
/// Reads JSON that a client sends and PostgreSQL gets as <c>jsonb</c>. Whatever <c>jsonb</c> refuses, or could not be
/// written into an answer again, is refused here: a value that fails in SQL costs the transaction and all rows beside it.
/// </summary>
public static class StorableJson
{
    /// <summary>Levels of a document. An answer puts it inside others, and .NET writes 64 levels at most.</summary>
    public const int MaxDepth = 32;

    /// <summary>Bytes of a document whose numbers are written out: <c>1e65000</c> is 7 bytes here and 65 KB in each
    /// answer.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>Digits after the decimal point that <c>numeric</c> holds.</summary>
    private const int MaxScale = 16_383;

    /// <param name="utf8">One document of JSON, without a byte order mark.</param>
    /// <param name="type">Of options that refuse a property that is there twice.</param>
    /// <returns>The value, or why it cannot be stored.</returns>
    public static ErrorOr<T> Read<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type)
    {
        try
        {
            return FaultOf(utf8) is { } fault ? Error.Validation("Json.Unstorable", fault)
                : JsonSerializer.Deserialize(utf8, type)!;
        }
        catch (JsonException exception)
        {
            return Error.Validation("Json.Unreadable", exception.Path is { Length: <= 100 } path
                ? $"A property is missing, unknown, there twice or of a wrong type; the problem is at '{path}'."
                : $"It is not the JSON that is wanted; the problem is at byte {exception.BytePositionInLine + 1}.");
        }
    }

    private static string? FaultOf(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            return "It is not UTF-8.";
        }

        long length = utf8.Length;
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth >= MaxDepth:
                    return $"It has more than {MaxDepth} levels.";
                case JsonTokenType.String or JsonTokenType.PropertyName when reader.ValueIsEscaped && !IsText(reader.ValueSpan):
                    return "A string has \\u0000 or half of a surrogate pair, which PostgreSQL cannot store.";
                case JsonTokenType.Number:
                    if (!TryWriteOut(reader.ValueSpan, out var written))
                    {
                        return "A number has more digits than PostgreSQL can store.";
                    }

                    length += written - reader.ValueSpan.Length;
                    break;
            }
        }

        return length > MaxLength ? $"With its numbers written out it has more than {MaxLength} bytes." : null;
    }

    /// <param name="escaped">A valid JSON string, with its escapes.</param>
    private static bool IsText(ReadOnlySpan<byte> escaped)
    {
        var wasHigh = false;
        for (var i = 0; i < escaped.Length; i++)
        {
            var unit = 'x';
            if (escaped[i] == '\\' && escaped[++i] == 'u')
            {
                unit = (char)ushort.Parse(escaped.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                i += 4;
            }

            if (unit == '\0' || char.IsLowSurrogate(unit) != wasHigh)
            {
                return false;
            }

            wasHigh = char.IsHighSurrogate(unit);
        }

        return !wasHigh;
    }

    /// <param name="number">A valid JSON number.</param>
    /// <param name="length">Of the number without an exponent, as <c>numeric</c> is written.</param>
    private static bool TryWriteOut(ReadOnlySpan<byte> number, out long length)
    {
        var mantissa = number;
        var exponent = 0;
        length = 0;
        if (number.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var e)
        {
            mantissa = number[..e];
            if (!Utf8Parser.TryParse(number[(e + 1)..], out exponent, out _))
            {
                return false;
            }
        }

        var point = mantissa.IndexOf((byte)'.');
        long fraction = point < 0 ? 0 : mantissa.Length - point - 1;
        var scale = Math.Max(0, fraction - exponent);
        var whole = Math.Max(1, (point < 0 ? mantissa.Length : point) + (long)exponent);
        length = whole + (scale > 0 ? scale + 1 : 0);
        return scale <= MaxScale;
    }
}
