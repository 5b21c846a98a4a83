using System.Text.RegularExpressions;
using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>
/// Any name of a solution builds, since C# files do not have it (decision 30). <see cref="SolutionWithoutSampleTests"/> builds the
/// worst one.
/// </summary>
[Trait(Part.Trait, Part.Template)]
public sealed partial class NameTests(Generator generator)
{
    /// <summary>The only C# files in which something is replaced: ports and an option, not the name.</summary>
    private static readonly string[] s_replaced = ["LocalPorts.cs"];

    [Theory, MemberData(nameof(Flavours.All), MemberType = typeof(Flavours))]
    public async Task Code_is_the_same_under_every_name(string name, bool aspire, bool sample)
    {
        var solution = await generator.GenerateAsync(new(name, aspire, sample));
        var plain = await generator.GenerateAsync(new(Flavours.Default.Name, aspire, sample));
        var files = plain.Files().Where(path => path.EndsWith(".cs", StringComparison.Ordinal)
            && !s_replaced.Contains(Path.GetFileName(path))).ToList();

        Assert.True(files.Count > 150, $"Only {files.Count} files were compared.");
        Assert.All(files, path => Assert.Equal(File.ReadAllText(plain.File(path)), File.ReadAllText(solution.File(path))));
    }

    [Theory, MemberData(nameof(Flavours.All), MemberType = typeof(Flavours))]
    public async Task Assemblies_carry_the_name(string name, bool aspire, bool sample)
    {
        var solution = await generator.GenerateAsync(new(name, aspire, sample));

        Assert.Matches(AssemblyPrefix(), solution.AssemblyPrefix);
        Assert.Contains(name.Split('.', ' ', '-')[^1], solution.AssemblyPrefix, StringComparison.Ordinal);
        Assert.True(File.Exists(solution.SolutionFile));
    }

    [Fact]
    public async Task Namespaces_are_those_of_the_folders()
    {
        var solution = await generator.GenerateAsync(Flavours.Default);
        var declared = 0;
        foreach (var path in solution.Files().Where(path => path.EndsWith(".cs", StringComparison.Ordinal)))
        {
            foreach (Match match in NamespaceDeclaration().Matches(File.ReadAllText(solution.File(path))))
            {
                declared++;
                var project = path.Split('/')[1];
                Assert.True(
                    $"{match.Groups["name"].Value}.".StartsWith($"{project}.", StringComparison.Ordinal),
                    $"{path} declares {match.Groups["name"].Value}.");
            }
        }

        Assert.True(declared > 150, $"Only {declared} files declare a namespace.");
    }

    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{N}_.]*\.$")]
    private static partial Regex AssemblyPrefix();

    [GeneratedRegex(@"^namespace (?<name>[^\s;{]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();
}
