using System.Net.Http.Headers;

namespace Platform.Tests.Http;

/// <summary>A request that is wrong, and that the service refuses with 4xx and problem details.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Subject">Of the token; null sends the header of <paramref name="Headers"/>, or none.</param>
internal sealed record MalformedRequest(string Name, string Method, string Path, string? Subject = "mallory")
{
    /// <summary>Of the request and of its body, sent as they are.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public byte[]? Body { get; init; }

    public string? MediaType { get; init; }

    public string Text
    {
        init => Body = Encoding.UTF8.GetBytes(value);
    }

    public static MalformedRequest Json(string name, string method, string path, string body) =>
        new(name, method, path) { Text = body, MediaType = "application/json" };

    /// <summary>Those of all features.</summary>
    public static IEnumerable<MalformedRequest> OfFeatures() =>
        from type in typeof(IMalformedRequests).Assembly.GetTypes()
        where type.IsAssignableTo(typeof(IMalformedRequests)) && type.IsClass
        from request in ((IMalformedRequests)Activator.CreateInstance(type)!).All
        select request;

    public HttpRequestMessage ToRequest(Uri service, Func<string, string> tokenOf)
    {
        var request = new HttpRequestMessage(
            new HttpMethod(Method), new Uri($"{service.GetLeftPart(UriPartial.Authority)}{Path}"));
        if (Body is not null)
        {
            request.Content = new ByteArrayContent(Body);
        }

        if (MediaType is not null)
        {
            request.Content!.Headers.TryAddWithoutValidation("Content-Type", MediaType);
        }

        foreach (var (name, value) in Headers)
        {
            if (name.StartsWith("Content-", StringComparison.Ordinal))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (Subject is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokenOf(Subject));
        }

        return request;
    }

    public override string ToString() => $"{Method} {Path}: {Name}";
}

/// <summary>The malformed requests of one feature, found by scanning.</summary>
internal interface IMalformedRequests
{
    IEnumerable<MalformedRequest> All { get; }
}
