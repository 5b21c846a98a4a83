using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Api.Common;

/// <summary>
/// A hash of what a client sent: method, address and JSON. Order and spaces of the JSON do not count; numbers count as they
/// are written. A client that sends a request again a release later has the same one, so a change of how it is made needs a
/// new <see cref="Version"/>.
/// </summary>
internal static class Fingerprint
{
    private const byte Version = 1;

    /// <param name="request">Its body is in memory since it has its turn; it is not consumed.</param>
    public static byte[] Of(HttpRequest request)
    {
        var body = request.Body is MemoryStream memory ? memory.GetBuffer().AsMemory(0, (int)memory.Length) : default;
        var address = $"{request.Path.Value!.TrimEnd('/')}{request.QueryString}";
        return Of(request.Method, address, body);
    }

    public static byte[] Of(string method, string address, ReadOnlyMemory<byte> body)
    {
        var text = new ArrayBufferWriter<byte>(body.Length + 128);
        Encoding.UTF8.GetBytes($"{method} {address}\n", text);
        try
        {
            using var json = JsonDocument.Parse(body);
            using var writer = new Utf8JsonWriter(text, new JsonWriterOptions { SkipValidation = true });
            Write(writer, json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is no Unicode. The endpoint refuses it, or takes none.
            text.Write(body.Span);
        }

        return [Version, .. SHA256.HashData(text.WrittenSpan)];
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
