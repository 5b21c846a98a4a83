using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>The solution that people get by default, and all its suites.</summary>
[Trait(Part.Trait, Part.Default)]
public sealed class DefaultSolutionTests(Generator generator)
{
    [Theory]
    [InlineData("Domain.Tests")]
    [InlineData("Application.Tests")]
    [InlineData("Architecture.Tests")]
    [InlineData("AppHost.Tests")]
    [InlineData("Integration.Tests")]
    public Task Tests_pass(string suite) => generator.PassesAsync(Flavours.Default, suite);

    [Fact]
    public async Task No_test_project_is_left_out()
    {
        var solution = await generator.GenerateAsync(Flavours.Default);
        Assert.Equal(
            [
                "AppHost.Tests", "Application.Tests", "Architecture.Tests", "Domain.Tests", "Fixtures", "Integration.Tests",
                "Platform.Tests",
            ],
            solution.Files().Where(path => path.StartsWith("tests/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal))
                .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));
    }
}

/// <summary>The platform under faults.</summary>
[Trait(Part.Trait, Part.Platform)]
public sealed class PlatformSolutionTests(Generator generator)
{
    [Fact]
    public Task Platform_tests_pass() => generator.PassesAsync(Flavours.Default, "Platform.Tests");
}

[Trait(Part.Trait, Part.NoSample)]
public sealed class SolutionWithoutSampleTests(Generator generator)
{
    [Theory]
    [InlineData("Domain.Tests")]
    [InlineData("Application.Tests")]
    [InlineData("Architecture.Tests")]
    [InlineData("AppHost.Tests")]
    public Task Tests_pass_under_an_awkward_name(string suite) => generator.PassesAsync(Flavours.WithoutSample, suite);
}

[Trait(Part.Trait, Part.NoSampleIntegration)]
public sealed class IntegrationWithoutSampleTests(Generator generator)
{
    [Fact]
    public Task Integration_tests_pass_under_an_awkward_name() => generator.PassesAsync(Flavours.WithoutSample, "Integration.Tests");
}

[Trait(Part.Trait, Part.NoAspire)]
public sealed class SolutionWithoutAspireTests(Generator generator)
{
    [Theory]
    [InlineData("Domain.Tests")]
    [InlineData("Application.Tests")]
    [InlineData("Architecture.Tests")]
    public Task Tests_pass(string suite) => generator.PassesAsync(Flavours.WithoutAspire, suite);

    /// <summary>What differs without Aspire is how the API registers its data sources.</summary>
    [Fact]
    public Task The_api_reaches_its_servers() => generator.PassesAsync(Flavours.WithoutAspire, "Integration.Tests", "*.AvailabilityTests.*");
}
