using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>
/// Which files each set of options gives, against the list in manifest.txt: a path, and behind it the options without
/// which it is not there. Notes are only there without the sample.
/// </summary>
[Trait(Part.Trait, Part.Template)]
public sealed class ManifestTests(Generator generator)
{
    private const string Name = "Contoso.Payments";
    private const string WriteVariable = "COLONNADE_WRITE_MANIFEST";

    private static readonly string s_file = Repository.File("tests", "Template.Tests", "manifest.txt");

    [Fact]
    public async Task Every_set_of_options_gives_the_files_in_the_manifest()
    {
        var everything = await FilesAsync(new(Name));
        var withoutAspire = await FilesAsync(new(Name, Aspire: false));
        var withoutSample = await FilesAsync(new(Name, Sample: false));
        var withoutPlatformTests = await FilesAsync(new(Name, PlatformTests: false));
        var nothing = await FilesAsync(new(Name, Aspire: false, Sample: false, PlatformTests: false));

        var manifest = everything.Select(path => string.Join(
            "  ",
            [
                path,
                .. Needs(withoutAspire, path, "aspire"),
                .. Needs(withoutSample, path, "sample"),
                .. Needs(withoutPlatformTests, path, "platform-tests"),
            ]))
            .Concat(withoutSample.Except(everything).Select(path => $"{path}  [no sample]"))
            .ToList();
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            await File.WriteAllLinesAsync(s_file, manifest, TestContext.Current.CancellationToken);
        }

        var expected = await File.ReadAllLinesAsync(s_file, TestContext.Current.CancellationToken);
        var differences = manifest.Except(expected).Select(line => $"+ {line}")
            .Concat(expected.Except(manifest).Select(line => $"- {line}")).ToList();
        Assert.True(
            differences.Count == 0,
            $"Generated files differ from manifest.txt. If that is meant, run this test with {WriteVariable}=1.\n{string.Join('\n', differences)}");

        Assert.Empty(withoutAspire.Except(everything));
        Assert.All(
            withoutSample.Except(everything), path => Assert.Contains("/Notes/", path, StringComparison.Ordinal));
        Assert.Equal(
            withoutSample.Where(path => !everything.Contains(path)
                || (withoutAspire.Contains(path) && withoutPlatformTests.Contains(path))),
            nothing);
    }

    private static string[] Needs(IReadOnlyList<string> without, string path, string option) =>
        without.Contains(path) ? [] : [$"[{option}]"];

    private async Task<IReadOnlyList<string>> FilesAsync(SolutionOptions options) => (await generator.GenerateAsync(options)).Files();
}
