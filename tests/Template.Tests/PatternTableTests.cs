using System.Text.RegularExpressions;
using Colonnade.Dev;
using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>content/README.md has the table of patterns; the README and docs/README.md repeat its rows.</summary>
[Trait(Part.Trait, Part.Template)]
public sealed partial class PatternTableTests
{
    [Theory, InlineData("README.md", "content/"), InlineData("docs/README.md", "../content/")]
    public void The_table_of_patterns_is_the_same_everywhere(string page, string prefix)
    {
        var rows = RowsOf("content/README.md").Select(row => row.Replace("](", $"]({prefix}", StringComparison.Ordinal));

        Assert.Equal(rows, RowsOf(page));
    }

    [Fact]
    public void Each_row_links_a_page_a_folder_and_a_test_that_are_there()
    {
        var rows = RowsOf("content/README.md");

        Assert.True(rows.Count > 20, $"Only {rows.Count} rows were found.");
        Assert.All(rows, row =>
        {
            var links = Link().Matches(row).Select(link => link.Groups[1].Value).ToArray();
            Assert.Equal(3, links.Length);
            Assert.All(links, link => Assert.True(Path.Exists(Repository.File("content", link)), $"{link} does not exist."));
            Assert.EndsWith(".md", links[0], StringComparison.Ordinal);
            Assert.StartsWith("tests/", links[2], StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Every_page_of_a_pattern_is_in_the_table()
    {
        var pages = Directory.GetFiles(Repository.File("content", "src", "Platform"), "README.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.File("content"), file).Replace('\\', '/'));

        Assert.Empty(pages.Except(RowsOf("content/README.md").Select(row => Link().Match(row).Groups[1].Value)));
    }

    /// <summary>The first three columns of the table below "pattern", whatever option a row is for.</summary>
    private static List<string> RowsOf(string page) =>
    [
        .. File.ReadLines(Repository.File(page.Split('/')))
            .SkipWhile(line => !line.StartsWith("| pattern |", StringComparison.Ordinal))
            .TakeWhile(line => line.Length > 0)
            .Where(line => line.StartsWith("| [", StringComparison.Ordinal))
            .Select(line => string.Join('|', line.Split('|').Take(4))),
    ];

    [GeneratedRegex(@"\]\(([^)#]+)(#[^)]*)?\)")]
    private static partial Regex Link();
}
