using System.Diagnostics;
using Colonnade.Dev.Testing;
using Colonnade.Dev.Bench;

namespace Template.Tests;

/// <summary>
/// Time to generate from the installed package, beside the time of <c>dotnet new webapi</c> in the same minutes. What counts
/// is how many files the template engine searches for replacements: from a package each costs a buffer of 8 MiB
/// (Processor.DefaultBufferSize, since a stream in a zip file cannot seek). So C# files and most others are copied
/// (<c>copyOnly</c> in template.json). The goal is 1.5 times; the limit leaves room for a busy machine. The ratio is printed.
/// </summary>
[Trait(Part.Trait, Part.Template)]
public sealed class GenerationTimeTests(Generator generator) : IDisposable
{
    private const int Rounds = 7;
    private const double Goal = 1.5;
    private const double Limit = 1.9;

    private readonly string _directory = Directory.CreateTempSubdirectory("colonnade-time-").FullName;

    private int _measured;

    [Fact]
    public async Task Generating_takes_at_most_one_and_a_half_times_as_long_as_dotnet_new_webapi()
    {
        var hive = Path.Combine(_directory, "hive");
        await NewAsync(hive, "install", generator.Package.File);
        List<double> colonnade = [], webapi = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var ours = await MeasureAsync(hive, "colonnade");
            var theirs = await MeasureAsync(hive, "webapi");
            if (round > 0) // The first one warms up caches of both.
            {
                colonnade.Add(ours);
                webapi.Add(theirs);
            }
        }

        var ratio = Numbers.Median(colonnade) / Numbers.Median(webapi);
        var result = $"generated in {Numbers.Median(colonnade):0} ms, webapi in {Numbers.Median(webapi):0} ms: "
            + $"{ratio:0.00} times as long; the goal is {Goal}, the limit {Limit}";
        Generator.Note(result);
        Assert.True(ratio <= Limit, result);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>
    /// Without the search for updates, which is a matter of the network. Nothing is deleted meanwhile: file systems create
    /// files more slowly then.
    /// </summary>
    /// <returns>Milliseconds.</returns>
    private async Task<double> MeasureAsync(string hive, string template)
    {
        var started = Stopwatch.GetTimestamp();
        await NewAsync(
            hive, template, "-n", "Contoso.Payments", "--no-restore", "--no-update-check",
            "-o", Path.Combine(_directory, $"{_measured++}"));
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private Task<Outcome> NewAsync(string hive, params IEnumerable<string> arguments) => Shell.RunAsync(
        "dotnet", ["new", .. arguments, "--debug:custom-hive", hive], _directory, TestContext.Current.CancellationToken);
}
