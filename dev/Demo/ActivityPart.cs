using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Colonnade.Dev.Demo;

/// <summary>Thousands of lines in one request, by COPY; a bad one is told, and sending them again does nothing.</summary>
internal static class ActivityPart
{
    private const int Lines = 20_000;

    public static async Task RunAsync(Walk walk)
    {
        walk.Title($"{Lines} lines of activity in one request (POST /activity, NDJSON)");
        var start = DateTimeOffset.UtcNow.AddHours(-1);
        var body = new StringBuilder();
        for (var n = 0; n < Lines; n++)
        {
            var line = JsonSerializer.Serialize(
                new { id = Guid.NewGuid(), kind = "click", createdAt = start.AddMilliseconds(n), payload = new { page = $"p{n % 1_000}" } });
            body.Append(n == 4_711 ? "{ not JSON" : line).Append('\n');
        }

        var first = await SendAsync();
        Walk.Check(Count(first, "accepted") == Lines - 1 && Count(first, "rejected") == 1, $"The answer is {first.Body}.");
        var again = await SendAsync();
        Walk.Check(Count(again, "accepted") == 0 && Count(again, "duplicates") == Lines - 1, $"The answer is {again.Body}.");

        walk.Title("The clicks on one page, by what their JSON contains");
        var found = await walk.SendAsync(
            HttpMethod.Get, $"/activity?filter={Uri.EscapeDataString("""{"page":"p7"}""")}&limit=5", "linus", null, expected: 200, syncToken: first.SyncToken);
        Walk.Check(found.Body.GetProperty("items").GetArrayLength() == 5, $"The answer is {found.Body}.");
        walk.Say($"  {found.Body.GetProperty("items")[0]}");

        async Task<Answer> SendAsync()
        {
            using var content = new StringContent(body.ToString(), Encoding.UTF8, new MediaTypeHeaderValue("application/x-ndjson"));
            var answer = await walk.SendAsync(HttpMethod.Post, "/activity", "linus", content, expected: 200);
            walk.Say($"  {answer.Body}");
            return answer;
        }
    }

    private static long Count(Answer answer, string name) => answer.Body.GetProperty(name).GetInt64();
}
