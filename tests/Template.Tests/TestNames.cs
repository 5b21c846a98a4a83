using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>
/// Names of all tests of a generated solution, in tests.txt: a suite, and a class and method of it. A run has to execute all
/// tests of its suite that are there, and no other.
/// </summary>
internal static class TestNames
{
    private static readonly string s_file = Repository.File("tests", "Template.Tests", "tests.txt");

    public static string File => s_file;

    /// <summary>Sorted names of the tests of a suite.</summary>
    public static IReadOnlyList<string> Of(string suite) =>
    [
        .. System.IO.File.ReadLines(s_file)
            .Where(line => line.StartsWith($"{suite} ", StringComparison.Ordinal))
            .Select(line => line[(suite.Length + 1)..])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Folder, class and method of a test's full name.</summary>
    public static string Short(string method) => method[(method.IndexOf(".Tests.", StringComparison.Ordinal) + ".Tests.".Length)..];
}

[Trait(Part.Trait, Part.Default)]
public sealed class TestNamesTests(Generator generator)
{
    private const string WriteVariable = "COLONNADE_WRITE_TESTS";

    [Fact]
    public async Task Every_test_of_the_default_solution_is_in_the_list()
    {
        var solution = await generator.BuildAsync(Flavours.Default);
        var names = new List<string>();
        foreach (var project in solution.TestProjects)
        {
            var listed = await Shell.RunAsync(
                "dotnet", ["exec", solution.Assembly(project), "-list", "methods", "-noLogo"], solution.Root, TestContext.Current.CancellationToken);
            names.AddRange(listed.Output.Where(line => line.Contains(".Tests.", StringComparison.Ordinal))
                .Select(line => $"{Path.GetFileName(project)} {TestNames.Short(line.Trim())}"));
        }

        names.Sort(StringComparer.Ordinal);
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            await File.WriteAllLinesAsync(TestNames.File, names, TestContext.Current.CancellationToken);
        }

        var expected = await File.ReadAllLinesAsync(TestNames.File, TestContext.Current.CancellationToken);
        var differences = names.Except(expected).Select(name => $"+ {name}").Concat(expected.Except(names).Select(name => $"- {name}")).ToList();
        Assert.True(
            differences.Count == 0,
            $"Tests differ from tests.txt. If that is meant, run this test with {WriteVariable}=1.\n{string.Join('\n', differences)}");
    }
}
