using Xunit.Sdk;
using Xunit.v3;

// Test classes run side by side. As many as this run at once; ServerPool gives each that needs servers a set of them.
[assembly: Parallelization(Mode = ParallelMode.Collections, MaxThreads = 3)]
[assembly: AssemblyFixture(typeof(ServerPool))]
[assembly: TestCollectionOrderer(typeof(RandomOrder))]
[assembly: TestMethodOrderer(typeof(RandomOrder))]

namespace Platform.Tests;

/// <summary>
/// Tests that assert how long something takes. They run one after the other, when no other test runs. A definition counts only in
/// the assembly of its tests.
/// </summary>
[CollectionDefinition(nameof(Timed), DisableParallelization = true)]
public sealed class Timed;
