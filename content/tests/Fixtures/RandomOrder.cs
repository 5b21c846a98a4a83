using System.Globalization;
using Xunit.Sdk;
using Xunit.v3;

namespace Fixtures;

/// <summary>Runs tests in an order that <c>TEST_ORDER</c>, a number, chooses; without it in the runner's own.</summary>
public sealed class RandomOrder : ITestCollectionOrderer, ITestMethodOrderer
{
    private static readonly int? Seed = int.TryParse(
        Environment.GetEnvironmentVariable("TEST_ORDER"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed
            : null;

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => Order(testCollections, collection => collection.UniqueID);

    public IReadOnlyCollection<TTestMethod?> OrderTestMethods<TTestMethod>(IReadOnlyCollection<TTestMethod?> testMethods)
        where TTestMethod : notnull, ITestMethod => Order(testMethods, method => method?.UniqueID ?? "");

    private static T[] Order<T>(IReadOnlyCollection<T> all, Func<T, string> id)
    {
        var ordered = all.OrderBy(id, StringComparer.Ordinal).ToArray();
        if (Seed is { } chosen)
        {
            new Random(chosen).Shuffle(ordered);
        }

        return ordered;
    }
}
