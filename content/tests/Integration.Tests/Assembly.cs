using Xunit.Sdk;
using Xunit.v3;

// Test classes run side by side. As many as this run at once; ServerPool gives each that needs servers a set of them.
[assembly: Parallelization(Mode = ParallelMode.Collections, MaxThreads = 3)]
[assembly: AssemblyFixture(typeof(ServerPool))]
[assembly: TestCollectionOrderer(typeof(RandomOrder))]
[assembly: TestMethodOrderer(typeof(RandomOrder))]
