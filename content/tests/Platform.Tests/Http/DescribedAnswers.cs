using System.Text.RegularExpressions;

namespace Platform.Tests.Http;

/// <summary>Which answers the API's description says that an address gives.</summary>
internal sealed class DescribedAnswers(JsonElement description)
{
    private readonly (Regex Path, string Method, bool TakesBody, HashSet<string> Statuses)[] _operations =
    [
        .. from path in description.GetProperty("paths").EnumerateObject()
           from operation in path.Value.EnumerateObject()
           where operation.Value.ValueKind == JsonValueKind.Object && operation.Value.TryGetProperty("responses", out _)
           select (
               new Regex($"^{Regex.Replace(path.Name.TrimEnd('/'), @"\{\w+\}", "[^/]+")}/?$", RegexOptions.IgnoreCase),
               operation.Name.ToUpperInvariant(),
               operation.Value.TryGetProperty("requestBody", out _),
               operation.Value.GetProperty("responses").EnumerateObject().Select(answer => answer.Name).ToHashSet()),
    ];

    /// <summary>Whether a client is told of this answer. An address that is not described tells nothing.</summary>
    public bool Has(HttpRequestMessage request, int status) =>
        _operations
            .Where(operation => operation.Method == request.Method.Method && (operation.TakesBody || request.Content is null)
                && operation.Path.IsMatch(request.RequestUri!.AbsolutePath))
            .All(operation => operation.Statuses.Contains($"{status}"));
}
