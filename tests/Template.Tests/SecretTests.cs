using System.Text.RegularExpressions;
using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>No secret is in the repository, and none in what it generates.</summary>
[Trait(Part.Trait, Part.Template)]
public sealed partial class SecretTests(Generator generator)
{
    [Fact]
    public async Task The_repository_has_no_secret()
    {
        var tracked = await Shell.RunAsync("git", ["ls-files"], Repository.Root, TestContext.Current.CancellationToken);
        var files = tracked.Output.Select(path => Repository.File(path.Split('/'))).ToArray();

        Assert.True(files.Length > 200, $"Only {files.Length} files were looked at.");
        Assert.Empty(files.SelectMany(SecretsIn));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_generated_solution_has_no_secret(bool sample)
    {
        var solution = await generator.GenerateAsync(new("Contoso.Payments", Aspire: true, sample));

        Assert.Empty(solution.Files().Select(solution.File).SelectMany(SecretsIn));
    }

    /// <summary>In pieces, so that this file is none of what it finds.</summary>
    [Theory]
    [InlineData("Host=db;Username=app_rw;Pass" + "word=hunter22hunter", true)]
    [InlineData("\"Signing" + "Secret\": \"a8Fq0x93kd\"", true)]
    [InlineData("api" + "_key: 0123456789abcdef", true)]
    [InlineData("-----BEGIN EC " + "PRIVATE KEY-----", true)]
    [InlineData("Authorization: Bearer eyJhbGciOiJI" + ".eyJzdWIiOiJhbGlj.c2ln", true)]
    [InlineData("postgres://app" + ":hunter2@db/shard0", true)]
    [InlineData("AKIA" + "ABCDEFGHIJKLMNOP", true)]
    [InlineData("Password={password}", false)]
    [InlineData("password :'owner_password'", false)]
    [InlineData("-----BEGIN CERTIFICATE-----", false)]
    public void A_secret_is_told_from_what_only_speaks_of_one(string text, bool isSecret) =>
        Assert.Equal(isSecret, Secret().IsMatch(text));

    private static IEnumerable<string> SecretsIn(string file) =>
        from Match secret in Secret().Matches(File.ReadAllText(file))
        select $"{file}: {secret.Value}";

    /// <summary>A value of letters and digits behind a word for secrets, keys, tokens, and an address with a password in it.</summary>
    [GeneratedRegex(
        """
        (?:password|passwd|pwd|secret|api_?key)["']?\s*[=:]\s*["']?(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])[\w+/-]{8,}
        |-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
        |\beyJ[\w-]{8,}\.eyJ[\w-]{8,}
        |\bAKIA[0-9A-Z]{16}\b
        |\bgh[pousr]_\w{30,}
        |\b[a-z]+://[^/\s:@"{]+:[^/\s:@"{]+@
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}
