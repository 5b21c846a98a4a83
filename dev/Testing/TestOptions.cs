namespace Colonnade.Dev.Testing;

/// <param name="Parts">What to run.</param>
public sealed record TestOptions(IReadOnlyList<Part> Parts)
{
    /// <summary>Null when the arguments are wrong.</summary>
    public static TestOptions? Parse(IReadOnlyList<string> arguments) => arguments switch
    {
        [] => new([.. Part.All.Where(part => part.IsUsual)]),
        ["--all"] => new(Part.All),
        ["--only", var keys] when keys.Split(',') is var wanted && wanted.All(key => Part.All.Any(part => part.Key == key)) =>
            new([.. Part.All.Where(part => wanted.Contains(part.Key))]),
        _ => null,
    };
}
