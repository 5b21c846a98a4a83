using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Colonnade.Dev;
using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>What can be said of a generated solution by reading it, for every kind of name and every set of options.</summary>
[Trait(Part.Trait, Part.Template)]
public sealed partial class GeneratedFilesTests(Generator generator)
{
    private static readonly string[] s_binary = [".png", ".ico"];

    [Theory, MemberData(nameof(Flavours.All), MemberType = typeof(Flavours))]
    public async Task Nothing_of_the_template_is_left(string name, bool aspire, bool sample)
    {
        var solution = await generator.GenerateAsync(new(name, aspire, sample));
        Assert.DoesNotContain(solution.Files(), path =>
            path.Contains("Acme", StringComparison.OrdinalIgnoreCase) || path.StartsWith(".template.config", StringComparison.Ordinal)
            || path.EndsWith(".nuspec", StringComparison.Ordinal) || path.StartsWith("content", StringComparison.Ordinal));
        Assert.All(solution.Files().Where(path => !s_binary.Contains(Path.GetExtension(path))), path =>
        {
            var left = Residue().Match(File.ReadAllText(solution.File(path)));
            Assert.False(left.Success, $"{path} contains '{left.Value}'.");
        });
    }

    /// <summary>The first thing that people do with it must not show up in their version control.</summary>
    [Fact]
    public async Task Making_a_token_changes_no_file_of_the_solution()
    {
        var solution = await generator.GenerateAsync(Flavours.Default);
        var before = Snapshot();
        var home = Directory.CreateTempSubdirectory("home-").FullName;
        await Shell.RunAsync(
            "dotnet", ["user-jwts", "create", "--project", "src/Api", "--name", "ada", "--output", "token"],
            solution.Root, TestContext.Current.CancellationToken,
            environment: new Dictionary<string, string?> { ["HOME"] = home, ["DOTNET_CLI_HOME"] = home });
        Directory.Delete(home, recursive: true);

        Assert.Equal(before, Snapshot());

        string[] Snapshot() =>
            [.. solution.Files().Where(path => !s_binary.Contains(Path.GetExtension(path))).Select(path => $"{path}\n{File.ReadAllText(solution.File(path))}")];
    }

    [Theory, MemberData(nameof(Flavours.All), MemberType = typeof(Flavours))]
    public async Task The_solution_file_lists_every_project_there_is(string name, bool aspire, bool sample)
    {
        var solution = await generator.GenerateAsync(new(name, aspire, sample));
        var listed = XDocument.Load(solution.SolutionFile).Descendants("Project")
            .Select(project => (string)project.Attribute("Path")!).Order(StringComparer.Ordinal);
        var there = solution.Files().Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));
        Assert.Equal(there, listed);
    }

    [Theory, MemberData(nameof(Flavours.All), MemberType = typeof(Flavours))]
    public async Task References_between_projects_lead_to_projects(string name, bool aspire, bool sample)
    {
        var solution = await generator.GenerateAsync(new(name, aspire, sample));
        foreach (var path in solution.Files().Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            var directory = Path.GetDirectoryName(solution.File(path))!;
            Assert.All(
                XDocument.Load(solution.File(path)).Descendants("ProjectReference"),
                reference => Assert.True(
                    File.Exists(Path.Combine(directory, (string)reference.Attribute("Include")!)), $"{path} refers to {reference}."));
        }
    }

    [Theory, MemberData(nameof(Flavours.All), MemberType = typeof(Flavours))]
    public async Task Aspire_is_all_there_or_not_at_all(string name, bool aspire, bool sample)
    {
        var solution = await generator.GenerateAsync(new(name, aspire, sample));
        var packages = solution.Files().Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) || path == "Directory.Packages.props")
            .SelectMany(path => XDocument.Load(solution.File(path)).Root!.DescendantsAndSelf())
            .SelectMany(element => element.Attributes())
            .Where(attribute => attribute.Value.StartsWith("Aspire.", StringComparison.Ordinal));
        Assert.Equal(aspire, packages.Any());
        if (aspire)
        {
            // The SDK derives these names from the project files, so they hold under any name of the solution.
            var appHost = Directory.GetFiles(solution.File("hosts/AppHost"), "*.cs").Select(File.ReadAllText);
            var used = appHost.SelectMany(code => ProjectsMember().Matches(code)).Select(match => match.Groups["project"].Value).Distinct().Order().ToList();
            Assert.Equal(["Api", "Migrator"], used);
            var referenced = XDocument.Load(solution.File("hosts/AppHost/AppHost.csproj")).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));
            Assert.Superset(used.ToHashSet(), referenced.ToHashSet());
        }
    }

    [Fact]
    public async Task Two_solutions_have_ports_and_secret_stores_of_their_own()
    {
        var first = await generator.GenerateAsync(new("First", Aspire: true, Sample: true));
        var second = await generator.GenerateAsync(new("Second", Aspire: true, Sample: true));

        var ports = Ports(first);
        Assert.Equal(ports.Count, ports.Distinct().Count());
        Assert.DoesNotContain(ports, port => port is 15432 or 15433 or 16379 or 5180 or 17180 or 15180 or 21180 or 22180);
        Assert.NotEqual(ports, Ports(second));

        Assert.NotEqual(SecretStores(first), SecretStores(second));
        Assert.All(SecretStores(first), id => Assert.True(Guid.TryParse(id, out _), id));
    }

    /// <summary>The four of LocalHost and the four of AppHost's dashboard.</summary>
    private static List<int> Ports(GeneratedSolution solution)
    {
        var local = Constant().Matches(File.ReadAllText(solution.File("hosts/Topology/LocalPorts.cs")));
        var dashboard = LocalAddress().Matches(File.ReadAllText(solution.File("hosts/AppHost/Properties/launchSettings.json")));
        int[] ports = [.. local.Concat(dashboard).Select(match => int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(4, local.Count);
        return [.. ports.Distinct()];
    }

    private static List<string> SecretStores(GeneratedSolution solution) =>
    [
        .. from project in (string[])["src/Api/Api.csproj", "hosts/AppHost/AppHost.csproj"]
           select XDocument.Load(solution.File(project)).Descendants("UserSecretsId").Single().Value,
    ];

    /// <summary>The source's name, directives of the template engine, values it should have replaced, the template's own name.</summary>
    [GeneratedRegex(
        @"\bAcme\b|acme[._-]service|<!--\s*#|#endif\s*-->|^\s*(//)?#(if|elseif) \(!?(aspire|sample)\)|^\s*//[-+]:cnd|(?-i:\bColonnade\b)|a9d3c1f2-6f0b|5b0f6c1e-2d43|\b(15432|15433|16379|5180|17180|15180|21180|22180)\b",
        RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Residue();

    [GeneratedRegex(@"\bProjects\.(?<project>\w+)")]
    private static partial Regex ProjectsMember();

    [GeneratedRegex(@"const int \w+ = (?<port>\d+);")]
    private static partial Regex Constant();

    [GeneratedRegex(@"localhost:(?<port>\d+)")]
    private static partial Regex LocalAddress();
}
