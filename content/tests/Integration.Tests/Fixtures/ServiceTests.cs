using Xunit.Sdk;
using Xunit.v3;

// Several sets of servers at once would measure each other.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace Integration.Tests.Fixtures;

/// <summary>Tests that share the servers take turns, since some of them pause the replica.</summary>
[CollectionDefinition(nameof(ServiceTests))]
public sealed class ServiceTests;
