namespace Acme.Service.Integration.Tests.Fixtures;

/// <summary>Tests that share the servers take turns, since some of them pause the replica.</summary>
[CollectionDefinition(nameof(ServiceTests))]
public sealed class ServiceTests;
