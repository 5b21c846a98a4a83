using System.IO.Compression;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Platform.Tests.Http;

/// <summary>An endpoint of the service, with an address that leads to it.</summary>
/// <param name="MediaTypes">Of the bodies it takes; empty when it takes none.</param>
internal sealed record KnownEndpoint(string Method, string Path, bool IsAnonymous, IReadOnlyList<string> MediaTypes)
{
    public bool TakesJson => MediaTypes.Contains("application/json");

    public static IReadOnlyList<KnownEndpoint> Of(TestService service) =>
    [
        .. from endpoint in service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
           let methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
           let path = string.Concat(
               endpoint.RoutePattern.PathSegments.Select(segment => $"/{string.Concat(segment.Parts.Select(TextOf))}"))
           where !path.StartsWith("/scalar", StringComparison.Ordinal) && path != ""
               && !path.Contains("..", StringComparison.Ordinal)
           select new KnownEndpoint(
               methods[0],
               path,
               endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null,
               endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes ?? []),
    ];

    /// <summary>What stands in an address for an id.</summary>
    public const string Id = "01a20c95-d6fb-80af-b6dc-6990ef209cf3";

    /// <summary>What stands in an address for a name.</summary>
    public const string Name = "somebody";

    private static string TextOf(Microsoft.AspNetCore.Routing.Patterns.RoutePatternPart part) => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { ParameterPolicies.Count: > 0 } => Id,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "documentName" } => "v1",
        _ => Name,
    };
}

/// <summary>What can be wrong with a request to any endpoint: its token, its method, its body as such.</summary>
internal static class EndpointRequests
{
    /// <summary>What the client says it takes changes nothing: refusals are problem details.</summary>
    public static readonly string[] Accepts =
        ["text/html", "text/event-stream", "*/*", "application/json", "garbage", "image/png;q=0"];

    public static readonly (string Name, string Header)[] Tokens =
    [
        ("no value", "Bearer"), ("empty value", "Bearer "), ("another scheme", "Basic YTpi"), ("no scheme", "abc"),
        ("not a token", "Bearer abc"), ("two dots", "Bearer .."), ("not Base64", "Bearer a!.b!.c!"),
        ("no signature", "Bearer eyJhbGciOiJub25lIn0" + ".eyJzdWIiOiJhbGljZSJ9."), ("long", $"Bearer {new string('a', 9_000)}"),
        ("expired", $"Bearer {TestService.TokenFor("mallory", DateTime.UtcNow.AddHours(-1))}"),
        ("of somebody else", $"Bearer {TestService.Token(new Claim("sub", "mallory"), audience: "somebody-else")}"),
        ("no subject", $"Bearer {TestService.Token()}"),
        ("empty subject", $"Bearer {TestService.TokenFor("")}"),
        ("blank subject", $"Bearer {TestService.TokenFor(" \t")}"),
        ("two subjects", $"Bearer {TestService.TokenOf([new("sub", "alice"), new("sub", "bob")])}"),
        ("subject is an object", $"Bearer {TestService.Token(new Claim("sub", "{\"a\":1}", "JSON"))}"),
    ];

    public static readonly string[] Bodies =
    [
        "", " ", "null", "true", "5", "\"text\"", "[]", "[{}]", "{", "}", "{]", "{}{}", "{} {}", "{\"a\"}", "{\"a\":}", "{a:1}",
        "{'a':1}",
        "{\"a\":1,}", "{\"a\":01}", "{\"a\":NaN}", "{\"a\":1e400000}", "{\"\\ud800\":1}", "{\"\\u0000\":1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\x\"}", "{\"a\":\"\n\"}", "/**/{}", "<a/>", "a=1", "\u0000", "{\"a\":1,\"a\":2}",
    ];

    public static readonly string[] MediaTypes =
    [
        "text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "garbage",
        "garbage/", "/", ";", "application/json; charset=garbage", "application/json; charset=utf8",
        "application/json; charset=windows-1252",
        "application/json; charset=utf-16", "application/json; charset=\"latin1\"", "application/json; charset=",
        "application/json; charset=\"",
        "application/json; charset=utf-7", "application/json;charset", "application/problem+json; charset=garbage",
        "application/x-ndjson; charset=garbage",
    ];

    /// <summary>Less than a megabyte, of which 70 MB come out.</summary>
    private static readonly Lazy<byte[]> TooMuch = new(() => Gzip(new string('\n', 1_000_000), times: 70));

    public static readonly string[] Encodings = ["br", "deflate", "zstd", "gzip, gzip", "garbage", "identity, garbage",
        "gzip;q=1", ","];

    public static IEnumerable<MalformedRequest> For(IReadOnlyList<KnownEndpoint> endpoints) =>
        endpoints.SelectMany(endpoint => For(endpoint, endpoints));

    private static IEnumerable<MalformedRequest> For(KnownEndpoint endpoint, IReadOnlyList<KnownEndpoint> all)
    {
        var (method, path, isAnonymous, _) = endpoint;
        foreach (var wrong in (string[])["DELETE", "PATCH", "OPTIONS", "NONSENSE", "GET", "POST", "PUT"])
        {
            // The probes and the WebSocket take any method.
            if (!isAnonymous && path != "/events/ws" && !all.Any(other => other.Path == path && other.Method == wrong))
            {
                yield return new($"method {wrong}", wrong, path);
            }
        }

        if (isAnonymous)
        {
            yield break;
        }

        yield return new("no token", method, path, Subject: null);
        foreach (var (name, header) in Tokens)
        {
            yield return new($"token: {name}", method, path, Subject: null) { Headers = [("Authorization", header)] };
        }

        if (endpoint.MediaTypes.Count > 0)
        {
            foreach (var request in WithBodies(endpoint, method, path))
            {
                yield return request;
            }
        }
    }

    private static IEnumerable<MalformedRequest> WithBodies(KnownEndpoint endpoint, string method, string path)
    {
        var type = endpoint.MediaTypes[0];
        foreach (var mediaType in MediaTypes)
        {
            yield return new($"media type {mediaType}", method, path) { Text = "{}", MediaType = mediaType };
        }

        foreach (var encoding in Encodings)
        {
            yield return new(
                $"encoding {encoding}", method, path)
            {
                Text = "{}",
                MediaType = type,
                Headers = [("Content-Encoding", encoding)]
            };
        }

        (string, byte[])[] compressed =
        [
            ("not gzip", "{}"u8.ToArray()), ("gzip cut off", Gzip(new string('x', 500))[..^9]),
            ("gzip damaged", Damaged(Gzip("{\"a\":1}"))),
            ("gzip of too much", endpoint.TakesJson ? Gzip(new string(' ', 1_000_000)) : TooMuch.Value),
        ];
        foreach (var (name, body) in compressed)
        {
            yield return new(name, method, path) { Body = body, MediaType = type, Headers = [("Content-Encoding", "gzip")] };
        }

        if (!endpoint.TakesJson)
        {
            yield break;
        }

        foreach (var body in Bodies)
        {
            yield return MalformedRequest.Json($"body {body}", method, path, body);
        }

        yield return MalformedRequest.Json("a body that is too long", method, path, $"{{\"a\":\"{new string('x', 70_000)}\"}}");
        yield return MalformedRequest.Json("a body that is too deep", method, path, new string('[', 5_000));
        yield return MalformedRequest.Json("no media type", method, path, "{}") with { MediaType = null };
        yield return MalformedRequest.Json(
            "not UTF-8", method, path, "") with
        { Body = [.. "{\"a\":\""u8, 0xff, 0xfe, .. "\"}"u8] };
        yield return MalformedRequest.Json("UTF-16", method, path, "") with { Body = Encoding.Unicode.GetBytes("{\"a\":1}") };
    }

    public static byte[] Gzip(string text, int times = 1) => Gzip(Encoding.UTF8.GetBytes(text), times);

    public static byte[] Gzip(byte[] bytes, int times = 1)
    {
        var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Optimal))
        {
            for (var i = 0; i < times; i++)
            {
                gzip.Write(bytes);
            }
        }

        return buffer.ToArray();
    }

    private static byte[] Damaged(byte[] bytes)
    {
        bytes[^6] ^= 0xff;
        return bytes;
    }
}
