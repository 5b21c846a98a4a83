using CsCheck;

namespace Platform.Tests.Http;

/// <summary>
/// Requests of random parts: those of examples, those of malformed requests, and noise. Whatever is sent, the answer is no
/// failure of the service, a refusal has problem details, and nothing is logged as an error. A failed run prints a seed: with
/// it in the environment variable <c>CsCheck_Seed</c> a run begins with the same request.
/// </summary>
internal sealed class RandomRequests
{
    private static readonly string[] Methods =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"];

    private static readonly string[] Values =
    [
        "", "0", "1", "-1", "200", "201", "2147483648", "9223372036854775808", "1e5", "1e131071", "null", "true", "[]", "{}",
        "2026-01-05T10:00:00Z", "2026-01-05T10:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999-14:00",
        "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "dead", "running", "k", "me", "a-b-c",
        "alice-b", "İıſK", "EUR", "JPY", "XXX", "*", ";=,\"", "W10", "e30",
    ];

    /// <summary>Without %00: in a path it is refused by the server's parser, and such an answer has no body.</summary>
    private static readonly string[] Escapes =
        ["%", "%ff", "%c0%80", "%zz", "%ed%a0%80", "%2f", "%25", "+", "..", ";", "//", "\\"];

    private static readonly (string Name, string Value)[] WebSocket =
    [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];

    private static readonly string[] Headers =
    [
        "Idempotency-Key", "Last-Event-ID", "Sync-Token", "Cookie", "Accept", "Range", "If-Match", "Origin",
        "Access-Control-Request-Method", "X-Forwarded-For", "traceparent", "baggage", "Upgrade", "Accept-Language",
    ];

    private static readonly Gen<string> Noise = AnyOf<string>(
        [
            .. "aZ09-_.~+/=%&?#;:,!'\"()[]{}<>|@ \t\u0001\u007f\u00a0éİßª\u202e\ufeff".Select(character => $"{character}"),
            "😀", "\\u0000",
        ])
        .List[0, 12].Select(string.Concat);

    private static readonly Gen<(string? Subject, string? Header)> Token = Gen.Frequency(
        (12, Gen.Const(((string?)"mallory", (string?)null))),
        (4, Gen.Const(((string?)"operator", (string?)null))),
        (1, Gen.Const(((string?)null, (string?)null))),
        (1, AnyOf(EndpointRequests.Tokens).Select(token => ((string?)null, (string?)token.Header))),
        (1, Noise.Select(noise => ((string?)null, (string?)$"Bearer {noise}"))));

    private readonly KnownEndpoint[] _endpoints;
    private readonly RequestExamples _examples;
    private readonly MalformedRequest[] _malformed;
    private readonly Gen<string> _value;
    private readonly Gen<string> _query;
    private readonly Gen<(string Name, string Value)> _header;
    private readonly Gen<string> _json;

    private RandomRequests(IReadOnlyList<KnownEndpoint> endpoints, RequestExamples examples)
    {
        (_endpoints, _examples) = ([.. endpoints], examples);
        _malformed = [.. EndpointRequests.For(endpoints), .. MalformedRequest.OfFeatures()];
        string[] ids = [.. examples.Ids, KnownEndpoint.Id];
        string[] tokens = [.. examples.SyncTokens, "abc"];
        string[][] pairs =
        [
            .. _malformed.Where(request => request.Path.Contains('?', StringComparison.Ordinal))
                .SelectMany(request => request.Path.Split('?', 2)[1].Split('&')).Distinct()
                .Where(pair => pair.Length < 1_500) // The first line of a request has at most 8 KB.
                .Select(pair => pair.Split('=', 2)),
        ];
        string[] names = [.. pairs.Select(pair => pair[0]).Distinct(), "access_token", "%00"];

        _value = Gen.OneOf(
            AnyOf(ids), AnyOf(Values).Select(Uri.EscapeDataString), Noise.Select(Uri.EscapeDataString),
            AnyOf(Escapes));
        _query = Gen.OneOf(
            AnyOf(pairs).Select(pair => string.Join('=', pair)),
            Gen.Select(AnyOf(names), _value, (name, value) => $"{name}={value}"),
            Noise.Select(Uri.EscapeDataString));

        var text = Gen.OneOf(AnyOf(Values), AnyOf(ids), Noise);
        _header = Gen.OneOf(
            AnyOf(_malformed.SelectMany(request => request.Headers).ToArray()),
            Gen.Select(AnyOf(Headers), text),
            AnyOf(tokens).Select(token => ("Sync-Token", token)),
            Gen.Select(AnyOf(tokens), text, (token, more) => ("Sync-Token", $"{token}{more}")),
            Gen.Select(AnyOf(tokens), Noise, (token, name) => ("Cookie", $"sync-token-{name.Trim()}={token}")),
            AnyOf(EndpointRequests.Accepts).Select(accept => ("Accept", accept)));
        _json = Gen.Recursive<string>((depth, inner) => depth > 3
            ? Leaf(text)
            : Gen.OneOf(
                Leaf(text),
                inner.List[0, 3].Select(items => $"[{string.Join(',', items)}]"),
                Gen.Select(AnyOf(names), inner).List[0, 3]
                    .Select(items => $"{{{string.Join(',', items.Select(item => $"\"{item.Item1}\":{item.Item2}"))}}}")));
    }

    private Gen<MalformedRequest> Any =>
        from endpoint in AnyOf(_endpoints)
        from method in Gen.Frequency((9, Gen.Const(endpoint.Method)), (1, AnyOf(Methods)))
        from path in PathTo(endpoint)
        from query in Gen.Frequency((2, Gen.Const("")), (3, _query.List[1, 4].Select(parts => $"?{string.Join('&', parts)}")))
        from headers in _header.List[0, 3]
        from key in Gen.Int[0, 300]
        from token in Token
        from body in BodyFor(endpoint, method)
        from zipped in Gen.Frequency((8, Gen.Const(0)), (1, Gen.Const(1)), (1, Gen.Const(2)))
        from mediaType in Gen.Frequency(
            (9, Gen.Const(endpoint.MediaTypes.Count > 0 ? endpoint.MediaTypes[0] : "application/json")),
            (1, AnyOf(EndpointRequests.MediaTypes)))
        select new MalformedRequest(endpoint.Path, method, path + query, token.Subject)
        {
            Headers =
            [
                .. endpoint.Path.EndsWith("/ws", StringComparison.Ordinal) ? WebSocket : [],
                .. key < 250 ? new[] { ("Idempotency-Key", $"k{key}") } : [],
                .. headers.Where(header => body is not null || !header.Name.StartsWith("Content-", StringComparison.Ordinal)),
                .. token.Header is null ? [] : new[] { ("Authorization", token.Header) },
                .. body is null || zipped == 0 ? [] : new[] { ("Content-Encoding", "gzip") },
            ],
            Body = body is not null && zipped == 1 ? EndpointRequests.Gzip(body) : body,
            MediaType = body is null ? null : mediaType,
        };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Sends so many, one after the other, to a service on these databases.</summary>
    public static async Task SendAsync(TestDatabases databases, int count)
    {
        using var log = new LogRecorder();
        await using var service = RefusalCheck.Start(databases, log);
        using var client = RefusalCheck.NewClient();
        var address = service.ClientOptions.BaseAddress;
        var examples = await RequestExamples.OfAsync(service, client, Cancellation);
        var requests = new RandomRequests(KnownEndpoint.Of(service), examples);
        var described = await RefusalCheck.DescriptionOfAsync(service, client, Cancellation);
        var answers = new SortedDictionary<string, int>(StringComparer.Ordinal);

        await requests.Any.SampleAsync(
            async request =>
            {
                using var message = request.ToRequest(address, RefusalCheck.TokenOf);
                var fault = await RefusalCheck.FaultOfAsync(client, message, described, Cancellation);
                var errors = log.Take();
                Assert.True(fault is null or ['1' or '2' or '3', _, _] && errors == "", $"{fault}\n{errors}");
                answers[fault ?? "4xx"] = answers.GetValueOrDefault(fault ?? "4xx") + 1;
            },
            iter: count,
            threads: 1,
            print: Describe);

        Assert.Equal("", log.Take());
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Join(", ", answers.Select(answer => $"{answer.Value} × {answer.Key}")));
        // Not all are turned away at the door.
        Assert.True(answers.Where(answer => answer.Key[0] == '2').Sum(answer => answer.Value) > count / 20);
    }

    private static string Describe(MalformedRequest request) =>
        $"{request.Method} {request.Path} as {request.Subject}\n{string.Join('\n', request.Headers)}\n{request.MediaType}\n"
        + (request.Body is null ? "no body" : $"{Encoding.UTF8.GetString(request.Body)}\n{Convert.ToBase64String(request.Body)}");

    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<string> Leaf(Gen<string> text) => Gen.OneOf(
        text.Select(value => JsonSerializer.Serialize(value)), text.Select(value => $"\"{value}\""), AnyOf(Values));

    private Gen<string> PathTo(KnownEndpoint endpoint) => Gen.Frequency(
        (6, AnyOf([.. _examples.Ids, KnownEndpoint.Id])
            .Select(id => endpoint.Path.Replace(KnownEndpoint.Id, id, StringComparison.Ordinal))),
        (2, _value.Select(value => endpoint.Path.Replace(KnownEndpoint.Id, value, StringComparison.Ordinal)
            .Replace(KnownEndpoint.Name, value, StringComparison.Ordinal))),
        (1, _value.Select(value => $"{endpoint.Path}/{value}")),
        (1, AnyOf(_malformed).Select(request => request.Path.Split('?')[0])));

    private Gen<byte[]?> BodyFor(KnownEndpoint endpoint, string method)
    {
        string[] own =
        [
            .. _examples.Requests.Where(request => request.Name == endpoint.Path && request.Method == method)
                .Select(request => Encoding.UTF8.GetString(request.Body!)),
        ];
        var example = AnyOf(own is [] ? ["{}"] : own);
        var body = Gen.OneOf(
            example.Select(Encoding.UTF8.GetBytes),
            Gen.Select(example, _json, Gen.Int[0, 5], Gen.Int[0, 3], Changed).Select(Encoding.UTF8.GetBytes),
            AnyOf(_malformed).Select(request => request.Body is { Length: < 10_000 } known ? known : []),
            _json.Select(Encoding.UTF8.GetBytes));
        var damaged = Gen.Select(body, Gen.Byte.Array[0, 4], Gen.Int[0, 200], Gen.Int[0, 3], Damaged);
        return Gen.Frequency(
            (endpoint.MediaTypes.Count > 0 ? 1 : 8, Gen.Const<byte[]?>((byte[]?)null)), (6, body), (2, damaged),
            (1, Gen.Select(body, body, (one, other) => (byte[])[.. one, (byte)'\n', .. other])));
    }

    /// <summary>JSON with one property replaced, left out, twice or added.</summary>
    private static string Changed(string json, string value, int index, int change)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return value;
        }

        var properties = document.RootElement.EnumerateObject()
            .Select(property => (property.Name, Value: property.Value.GetRawText())).ToList();
        var at = properties.Count == 0 ? -1 : index % properties.Count;
        switch (change)
        {
            case 0 or 1 when at >= 0:
                properties[at] = (properties[at].Name, value);
                break;
            case 2 when at >= 0:
                properties.RemoveAt(at);
                break;
            default:
                properties.Add((at >= 0 && index > 2 ? properties[at].Name : "more", value));
                break;
        }

        return $"{{{string.Join(',', properties.Select(property => $"\"{property.Name}\":{property.Value}"))}}}";
    }

    private static byte[] Damaged(byte[] body, byte[] noise, int position, int kind)
    {
        var place = Math.Min(position, body.Length);
        return kind switch
        {
            0 => [.. body[..place], .. noise, .. body[place..]],
            1 => body[..place],
            2 => [.. body[..place], .. noise, .. body[Math.Min(place + noise.Length, body.Length)..]],
            _ => [.. noise, .. body, .. noise],
        };
    }
}
