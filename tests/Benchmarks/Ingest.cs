using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Colonnade.Benchmarks;

/// <summary>Rows of activity into their table: by one long request, and by binary COPY, which is the floor.</summary>
internal static class Ingest
{
    private const int Rows = 100_000;

    /// <summary>Of the ones that BRIN is for: later rows have later times.</summary>
    private static readonly DateTime Start = DateTime.UtcNow.AddDays(-1);

    public static async Task<Measurement> ByHttpAsync(Plan plan)
    {
        var target = plan.Targets[0];
        using var body = new MemoryStream();
        foreach (var (id, n) in Ids())
        {
            JsonSerializer.Serialize(body, new { id, kind = "click", createdAt = Start.AddMilliseconds(n), payload = Payload(n) });
            body.WriteByte((byte)'\n');
        }

        using var http = new HttpClient { BaseAddress = plan.Url, Timeout = TimeSpan.FromMinutes(5) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/activity")
        {
            Content = new ByteArrayContent(body.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") } },
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", target.Token);
        var started = Stopwatch.GetTimestamp();
        using var response = await http.SendAsync(request);
        var report = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
        return Measured(report.GetProperty("accepted").GetInt64(), Stopwatch.GetElapsedTime(started));
    }

    public static async Task<Measurement> ByCopyAsync(Plan plan)
    {
        var owner = plan.Targets[0].Owner;
        await using var source = NpgsqlReads.Source("shard0");
        await using var connection = await source.OpenConnectionAsync();
        var rows = Ids().Select(row => (row.Id, CreatedAt: Start.AddMilliseconds(row.Number), Payload: JsonSerializer.Serialize(Payload(row.Number)))).ToArray();
        var started = Stopwatch.GetTimestamp();
        await using (var importer = await connection.BeginBinaryImportAsync(
            "COPY activity (owner_id, id, kind, created_at, payload) FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var row in rows)
            {
                await importer.StartRowAsync();
                await importer.WriteAsync(owner, NpgsqlDbType.Uuid);
                await importer.WriteAsync(row.Id, NpgsqlDbType.Uuid);
                await importer.WriteAsync("click", NpgsqlDbType.Text);
                await importer.WriteAsync(row.CreatedAt, NpgsqlDbType.TimestampTz);
                await importer.WriteAsync(row.Payload, NpgsqlDbType.Jsonb);
            }

            await importer.CompleteAsync();
        }

        return Measured(Rows, Stopwatch.GetElapsedTime(started));
    }

    private static IEnumerable<(Guid Id, int Number)> Ids() => Enumerable.Range(0, Rows).Select(n => (Guid.NewGuid(), n));

    private static object Payload(int n) => new { page = $"p{n % 1_000}", from = "search", scrolled = n % 100 };

    private static Measurement Measured(long rows, TimeSpan time) =>
        new(rows, rows, 0, Rows - rows, time.TotalSeconds, 0, 0, Cpu: 0, GC.GetTotalAllocatedBytes());
}
