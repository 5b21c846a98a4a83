namespace Template.Tests;

/// <summary>The solutions that the tests generate.</summary>
internal static class Flavours
{
    /// <summary>What <c>dotnet new colonnade</c> makes without options: all its suites run.</summary>
    public static readonly SolutionOptions Default = new("Contoso.Payments");

    /// <summary>The name has everything that is awkward: a digit first, a dash, a space, a dot and a letter outside ASCII.</summary>
    public static readonly SolutionOptions WithoutSample = new("3-scale Über.Zahlung", Sample: false);

    public static readonly SolutionOptions WithoutAspire = new("Contoso.Payments", Aspire: false, PlatformTests: false);

    private static readonly string[] s_names =
    [
        "Contoso.Payments", "contoso-payments", "My Service", "class", "Contoso.Wallet", "Contoso..event", "System",
        WithoutSample.Name,
    ];

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
