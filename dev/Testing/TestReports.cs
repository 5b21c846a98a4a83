namespace Colonnade.Dev.Testing;

/// <summary>Where the template's tests leave the reports of the suites they ran in generated solutions, to be counted.</summary>
public static class TestReports
{
    /// <summary>Environment variable with the directory; without it nobody counts.</summary>
    public const string DirectoryVariable = "COLONNADE_TEST_REPORTS";

    /// <summary>File for the report of <paramref name="suite"/>, or null if nobody counts.</summary>
    public static string? FileFor(string suite) =>
        Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } directory
            ? Path.Combine(directory, $"{suite}.trx")
            : null;
}
