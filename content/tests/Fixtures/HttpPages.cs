namespace Fixtures;

/// <summary>Lists over HTTP, which are read in pages.</summary>
internal static class HttpPages
{
    /// <summary>The items of one page.</summary>
    public static async Task<JsonElement[]> ItemsAsync(this HttpClient client, string path) =>
        [.. (await client.GetAsync(path, HttpStatusCode.OK)).GetProperty("items").EnumerateArray()];

    /// <summary>The items of each page of a list, read to its end.</summary>
    public static async Task<List<JsonElement[]>> PagesAsync(this HttpClient client, string list, int limit)
    {
        List<JsonElement[]> pages = [];
        for (var next = $"{list}?limit={limit}"; next is not null;)
        {
            var page = await client.GetAsync(next, HttpStatusCode.OK);
            pages.Add([.. page.GetProperty("items").EnumerateArray()]);
            next = page.GetProperty("next").GetString() is { } after ? $"{list}?limit={limit}&after={after}" : null;
        }

        return pages;
    }

    public static long Long(this JsonElement element, string property) => element.GetProperty(property).GetInt64();

    public static string Text(this JsonElement element, string property) => element.GetProperty(property).GetString()!;
}
