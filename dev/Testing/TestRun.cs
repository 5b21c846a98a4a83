using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Colonnade.Dev.Testing;

/// <param name="Reason">Why it failed or was skipped; empty for a test that passed.</param>
public sealed record TestOutcome(string Name, string Outcome, string Reason, TimeSpan Duration)
{
    /// <summary>Full name of the method, without arguments.</summary>
    public string Method => Name.Split('(')[0];
}

/// <summary>What one test project's run came to, read from the report it wrote.</summary>
public sealed record TestRun(string Suite, IReadOnlyList<TestOutcome> Tests, Outcome Process)
{
    private static readonly XNamespace s_trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    public IEnumerable<TestOutcome> Passed => Tests.Where(test => test.Outcome == "Passed");

    public IEnumerable<TestOutcome> Skipped => Tests.Where(test => test.Outcome == "NotExecuted");

    public IEnumerable<TestOutcome> Failed => Tests.Except(Passed).Except(Skipped);

    /// <summary>Something was executed and nothing failed, neither a test nor the runner.</summary>
    public bool Succeeded => Process.ExitCode == 0 && Passed.Any() && !Failed.Any();

    public string Counts => string.Join(", ",
    [
        $"{Passed.Count()} passed",
        .. Failed.Any() ? [$"{Failed.Count()} failed"] : Array.Empty<string>(),
        .. Skipped.Any() ? [$"{Skipped.Count()} skipped"] : Array.Empty<string>(),
    ]);

    /// <summary>Reads a report. A run that ended before it had written one whole has no tests, and so did not succeed.</summary>
    public static TestRun Read(string suite, string trxFile, Outcome process)
    {
        XDocument report;
        try
        {
            report = XDocument.Load(trxFile);
        }
        catch (Exception exception) when (exception is FileNotFoundException or XmlException)
        {
            return new TestRun(suite, [], process);
        }

        var tests =
            from result in report.Descendants(s_trx + "UnitTestResult")
            let output = result.Element(s_trx + "Output")
            let reason = output?.Element(s_trx + "ErrorInfo")?.Element(s_trx + "Message") ?? output?.Element(s_trx + "StdOut")
            let outcome = (string)result.Attribute("outcome")!
            select new TestOutcome(
                (string)result.Attribute("testName")!,
                outcome,
                outcome == "Passed" ? "" : reason?.Value ?? "",
                TimeSpan.TryParse((string?)result.Attribute("duration"), CultureInfo.InvariantCulture, out var duration) ? duration : TimeSpan.Zero);
        return new TestRun(suite, [.. tests], process);
    }
}
