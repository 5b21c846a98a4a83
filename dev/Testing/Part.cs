namespace Colonnade.Dev.Testing;

/// <summary>A part of <c>dotnet dev.cs test</c>. Each test class of Template.Tests has the trait of one part.</summary>
/// <param name="Key">Name for <c>--only</c>, and value of the trait.</param>
/// <param name="IsUsual">Whether it runs without <c>--all</c>.</param>
/// <param name="What">What it generates, builds and runs.</param>
public sealed record Part(string Key, bool IsUsual, string What)
{
    /// <summary>Name of the trait.</summary>
    public const string Trait = "Part";

    public const string Template = "template";
    public const string Default = "default";
    public const string Rules = "rules";
    public const string Items = "items";
    public const string NoSample = "no-sample";
    public const string NoSampleIntegration = "no-sample-integration";
    public const string NoAspire = "no-aspire";
    public const string Deletions = "deletions";
    public const string Platform = "platform";
    public const string Containers = "containers";
    public const string Clients = "clients";

    public static IReadOnlyList<Part> All { get; } =
    [
        new(Template, true, "package, options, names and generated files; builds no generated solution"),
        new(Default, true, "default options: build, then every suite but Platform.Tests"),
        new(Rules, true, "Architecture.Tests of a solution in which every rule is broken"),
        new(Items, true, "item templates: build what they add and run its tests"),
        new(NoSample, true, "--sample false, awkward name: build, then unit, architecture and AppHost tests"),
        new(NoAspire, true, "--aspire false --platform-tests false: build, then unit tests and a part of Integration.Tests"),
        new(NoSampleIntegration, false, "Integration.Tests of the solution without the sample"),
        new(Deletions, false, "patterns and the sample taken out by the steps of their pages: build, then tests of what is left"),
        new(Platform, false, "Platform.Tests of the default solution: bank, crash points, failover, latency, schedules"),
        new(Containers, false, "the topology's scripts and the AppHost in containers; needs a container engine"),
        new(Clients, false, "running services with a browser, which has to be installed, and with a client made from the API's description"),
    ];
}
