using NetArchTest.Rules;

namespace Architecture.Tests;

/// <summary>A rule for NetArchTest that remembers what is wrong, so that a failure says more than a type's name.</summary>
/// <param name="offences">What is wrong with a type, as sentences that name it; nothing when all is well.</param>
internal sealed class Rule(Func<TypeDefinition, IEnumerable<string>> offences) : ICustomRule
{
    /// <summary>A set, since NetArchTest asks about a type more than once.</summary>
    private readonly HashSet<string> _found = [];
    private int _looked;

    public bool MeetsRule(TypeDefinition type)
    {
        _looked++;
        var found = offences(type).ToArray();
        _found.UnionWith(found);
        return found.Length == 0;
    }

    /// <summary>Fails when a type offends, and when there is no type to look at: then the rule would hold for nothing.</summary>
    /// <param name="types">To look at.</param>
    /// <param name="because">Begins the failure's text.</param>
    /// <param name="offences">What is wrong with a type.</param>
    /// <param name="mayBeNone">Whether it is right that there is no type.</param>
    public static void Holds(
        PredicateList types, string because, Func<TypeDefinition, IEnumerable<string>> offences, bool mayBeNone = false)
    {
        var rule = new Rule(offences);
        var result = types.Should().MeetCustomRule(rule).GetResult();
        Assert.True(mayBeNone || rule._looked > 0, "The rule found no type to look at, so it proves nothing.");
        Assert.True(result.IsSuccessful, $"{because}\n{string.Join('\n', rule._found)}");
    }

    /// <summary>A rule about what a type depends on.</summary>
    /// <param name="forbidden">Whether the first type may not depend on the second.</param>
    /// <inheritdoc cref="Holds"/>
    public static void Forbids(
        PredicateList types, string because, Func<TypeDefinition, TypeReference, bool> forbidden, bool mayBeNone = false) =>
        Holds(
            types,
            because,
            type =>
                from dependency in Dependencies.Of(type)
                where forbidden(type, dependency)
                select $"{type.FullName} depends on {dependency.FullName} ({Dependencies.AssemblyOf(dependency)}).",
            mayBeNone);
}
