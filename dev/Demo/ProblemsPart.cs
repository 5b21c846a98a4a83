namespace Colonnade.Dev.Demo;

/// <summary>What is wrong with a request is said as problem details; other people's wallets are not there.</summary>
internal static class ProblemsPart
{
    public static async Task RunAsync(Walk walk)
    {
        walk.Title("Requests that are refused");
        Expect(walk, await walk.PostAsync("/wallets", "ada", new { currency = "no currency" }, expected: 400));
        var opened = await walk.PostAsync("/wallets", "ada", new { currency = "EUR" }, expected: 201);
        Expect(walk, await walk.GetAsync($"/wallets/{opened.Body.GetProperty("id")}", "grace", expected: 404));
        await walk.GetAsync("/wallets", user: null, expected: 401);
    }

    private static void Expect(Walk walk, Answer answer)
    {
        Walk.Check(answer.ContentType == "application/problem+json", $"The error is {answer.ContentType} and not problem details.");
        walk.Say($"  {answer.Body}");
    }
}
