namespace Platform.Tests.Http;

/// <summary>
/// Every malformed request to every endpoint, over real connections: refused with 4xx and problem details in our own
/// words, and nothing is logged as an error.
/// </summary>
public sealed class MalformedRequestTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly string?[] Accepts = [null, .. EndpointRequests.Accepts];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Malformed_requests_are_refused_with_problem_details()
    {
        using var log = new LogRecorder();
        await using var service = RefusalCheck.Start(fixture.Service.Databases, log);
        var endpoints = KnownEndpoint.Of(service);
        MalformedRequest[] requests = [.. EndpointRequests.For(endpoints), .. MalformedRequest.OfFeatures()];
        Assert.True(requests.Length >= 10 * endpoints.Count, $"{requests.Length} requests for {endpoints.Count} endpoints.");

        var wrong = await SendAsync(service, requests);

        TestContext.Current.TestOutputHelper?.WriteLine($"{requests.Length} requests to {endpoints.Count} endpoints.");
        Assert.True(
            wrong.IsEmpty, $"{wrong.Count} of {requests.Length}:\n{string.Join('\n', wrong.Order(StringComparer.Ordinal))}");
        Assert.Empty(log.Errors);
    }

    private static async Task<ConcurrentBag<string>> SendAsync(TestService service, IReadOnlyList<MalformedRequest> requests)
    {
        using var client = RefusalCheck.NewClient();
        var described = await RefusalCheck.DescriptionOfAsync(service, client, Cancellation);
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            requests.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancellation },
            async (item, cancellationToken) =>
            {
                using var request = item.Item.ToRequest(service.ClientOptions.BaseAddress, RefusalCheck.TokenOf);
                var accept = Accepts[item.Index % Accepts.Length];
                if (accept is not null)
                {
                    request.Headers.TryAddWithoutValidation("Accept", accept);
                }

                if (await RefusalCheck.FaultOfAsync(client, request, described, cancellationToken) is { } fault)
                {
                    wrong.Add($"{item.Item}, Accept {accept}: {fault}");
                }
            });
        return wrong;
    }
}
