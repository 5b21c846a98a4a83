using System.Text.RegularExpressions;

namespace Platform.Tests.Http;

/// <summary>Requests that the service takes, as its own description shows them, and what it made of them.</summary>
/// <param name="Requests">Their ids are those of what was made; the name of each is the path of its endpoint.</param>
/// <param name="Ids">Of what was made, for the user of <see cref="MalformedRequest.Subject"/>.</param>
/// <param name="SyncTokens">Of the answers.</param>
internal sealed partial record RequestExamples(
    IReadOnlyList<MalformedRequest> Requests, IReadOnlyList<string> Ids, IReadOnlyList<string> SyncTokens)
{
    /// <summary>Sends each example that writes.</summary>
    public static async Task<RequestExamples> OfAsync(TestService service, HttpClient client, CancellationToken cancellationToken)
    {
        var address = service.ClientOptions.BaseAddress;
        var description = JsonElement.Parse(await client.GetStringAsync(new Uri(address, "/openapi/v1.json"), cancellationToken));
        var examples = Read(description).OrderBy(example => example.Path.Length).ToList();
        var (ids, tokens) = (new List<string>(), new List<string>());
        for (var i = 0; i < examples.Count; i++)
        {
            // What was made first is what the others are about.
            examples[i] = With(examples[i], ids.FirstOrDefault(KnownEndpoint.Id));
            using var request = examples[i].ToRequest(address, RefusalCheck.TokenOf);
            request.Headers.Add("Idempotency-Key", $"example-{i}");
            using var response = await client.SendAsync(request, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            Assert.True((int)response.StatusCode < 500, answer);
            ids.AddRange(Id().Matches($"{response.Headers.Location} {answer}").Select(match => match.Value).Except(ids));
            tokens.AddRange(response.Headers.TryGetValues("Sync-Token", out var values) ? values : []);
        }

        return new(examples, ids, tokens);
    }

    private static IEnumerable<MalformedRequest> Read(JsonElement description) =>
        from path in description.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where operation.Value.TryGetProperty("requestBody", out _)
        from content in operation.Value.GetProperty("requestBody").GetProperty("content").EnumerateObject()
        where content.Value.TryGetProperty("example", out _)
        let example = content.Value.GetProperty("example")
        let address = Parameter().Replace(path.Name, KnownEndpoint.Id).TrimEnd('/')
        select new MalformedRequest(address, operation.Name.ToUpperInvariant(), address)
        {
            Text = example.ValueKind == JsonValueKind.String ? example.GetString()! : example.GetRawText(),
            MediaType = content.Name,
        };

    private static MalformedRequest With(MalformedRequest request, string id) => request with
    {
        Path = request.Path.Replace(KnownEndpoint.Id, id, StringComparison.Ordinal),
        Text = Encoding.UTF8.GetString(request.Body!).Replace(KnownEndpoint.Id, id, StringComparison.Ordinal),
    };

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Id();
}
