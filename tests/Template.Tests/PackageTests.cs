using System.IO.Compression;
using System.Xml.Linq;
using Colonnade.Dev.Testing;

namespace Template.Tests;

[Trait(Part.Trait, Part.Template)]
public sealed class PackageTests(Generator generator)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_package_holds_the_tracked_files_of_the_template_and_nothing_else()
    {
        var tracked = await Shell.RunAsync(
            "git",
            ["-c", "core.quotepath=off", "ls-files", "--", ".template.config", "content", "template", "README.md", "icon.png"],
            Repository.Root, Cancelled);
        using var package = ZipFile.OpenRead(generator.Package.File);
        var packed = package.Entries.Select(entry => Uri.UnescapeDataString(entry.FullName))
            .Where(path => path is not ("[Content_Types].xml" or "Colonnade.Templates.nuspec")
                && !path.StartsWith("_rels/", StringComparison.Ordinal) && !path.StartsWith("package/", StringComparison.Ordinal));
        Assert.Equal(
            tracked.Output.Where(path => File.Exists(Repository.File(path))).Order(StringComparer.Ordinal),
            packed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_package_says_what_it_is()
    {
        using var package = ZipFile.OpenRead(generator.Package.File);
        using var nuspec = package.GetEntry("Colonnade.Templates.nuspec")!.Open();
        var metadata = XDocument.Load(nuspec).Root!.Elements().Single();
        string Value(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;

        Assert.Equal("Colonnade.Templates", Value("id"));
        Assert.Equal("MIT", Value("license"));
        Assert.Equal("README.md", Value("readme"));
        Assert.Equal("icon.png", Value("icon"));
        Assert.Equal("Template", (string?)metadata.Descendants().Single(element => element.Name.LocalName == "packageType").Attribute("name"));
        Assert.DoesNotContain(metadata.Descendants(), element => element.Name.LocalName == "dependency");
    }

    [Fact]
    public async Task Help_describes_the_options()
    {
        var help = await generator.Package.NewAsync(["colonnade", "--help"], _ => { }, Cancelled);
        Assert.Contains("--aspire", help.Text, StringComparison.Ordinal);
        Assert.Contains("--sample", help.Text, StringComparison.Ordinal);
        Assert.Contains("--no-restore", help.Text, StringComparison.Ordinal);
        Assert.Contains("LocalHost", help.Text, StringComparison.Ordinal);
    }
}
