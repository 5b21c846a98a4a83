namespace Template.Tests;

/// <summary>The solutions that the tests generate.</summary>
internal static class Flavours
{
    /// <summary>Built and tested in full, like <see cref="WithoutSample"/>.</summary>
    public static readonly SolutionOptions Plain = new("Contoso.Payments", Aspire: false, Sample: true);

    /// <summary>
    /// Has everything that is awkward in a name: a digit first, a dash, a space, a letter outside ASCII, two dots, a keyword
    /// of C# and a namespace of .NET.
    /// </summary>
    public static readonly SolutionOptions WithoutSample = new("3-scale Über..class.System", Aspire: false, Sample: false);

    public static readonly SolutionOptions Aspire = new("Contoso.Payments", Aspire: true, Sample: true);

    public static readonly IReadOnlyList<string> TestProjects =
        ["tests/Domain.Tests", "tests/Application.Tests", "tests/Architecture.Tests", "tests/Integration.Tests"];

    private static readonly string[] s_names =
        ["Contoso.Payments", "contoso-payments", "My Service", "class", "Contoso.Wallet", "System", WithoutSample.Name];

    /// <summary>Every name with every set of options.</summary>
    public static TheoryData<string, bool, bool> All
    {
        get
        {
            var all = new TheoryData<string, bool, bool>();
            foreach (var name in s_names)
            {
                all.Add(name, true, true);
                all.Add(name, true, false);
                all.Add(name, false, true);
                all.Add(name, false, false);
            }

            return all;
        }
    }
}
