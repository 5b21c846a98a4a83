using System.Buffers.Text;
using Platform.Tests.Http;

namespace Platform.Tests.Sagas;

/// <summary>From a user and not an operator: nothing of what is wrong is told to them.</summary>
internal sealed class SagaMalformedRequests : IMalformedRequests
{
    private static readonly string[] Queries =
    [
        "", "status=", "status=abc", "status=completed", "status=5", "status=99", "status=-1", "status=dead,running", "limit=0",
        "limit=abc", "after=!", "after=",
        $"after={Base64Url.EncodeToString("[]"u8)}", $"after={Base64Url.EncodeToString(Encoding.UTF8.GetBytes("{\"a\":1}"))}",
    ];

    public IEnumerable<MalformedRequest> All =>
    [
        .. Queries.Select(query => new MalformedRequest("no operator", "GET", $"/operations/sagas?{query}")),
        .. Queries.Skip(1)
            .Select(query => new MalformedRequest("operator", "GET", $"/operations/sagas?{query}", Subject: "operator")),
        new("no id", "POST", "/operations/sagas/abc/redrive", Subject: "operator"),
        new("an id of nothing", "POST", $"/operations/sagas/{Guid.Empty}/redrive", Subject: "operator"),
        new("no id", "POST", "/operations/sagas/abc/compensate", Subject: "operator"),
        new("an id of nothing", "POST", $"/operations/sagas/{Guid.Empty}/compensate", Subject: "operator"),
    ];
}
