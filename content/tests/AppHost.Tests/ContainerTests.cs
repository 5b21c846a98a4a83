namespace AppHost.Tests;

/// <summary>
/// The container test starts containers from <see cref="PostgresContainer"/>; these tests show that AppHost does too.
/// </summary>
public sealed class ContainerTests(AppHostModel model)
{
    public static TheoryData<string> Servers => [ResourceNames.Primary, ResourceNames.Replica];

    [Theory]
    [MemberData(nameof(Servers))]
    public void A_server_runs_in_the_official_image(string name)
    {
        var image = Assert.Single(model.Get<ContainerResource>(name).Annotations.OfType<ContainerImageAnnotation>());

        Assert.Equal(PostgresContainer.Registry, image.Registry);
        Assert.Equal(PostgresContainer.Image, image.Image);
        Assert.Equal(PostgresContainer.Tag, image.Tag);
        Assert.StartsWith($"{PostgresContainer.MajorVersion}.", image.Tag, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_runs_its_script_instead_of_the_entrypoint_of_the_image()
    {
        Assert.Equal(PostgresContainer.Entrypoint, model.Get<ContainerResource>(ResourceNames.Primary).Entrypoint);
        Assert.Equal(PostgresContainer.Entrypoint, model.Get<ContainerResource>(ResourceNames.Replica).Entrypoint);
        Assert.Equal(PostgresContainer.PrimaryArguments, await model.ArgumentsAsync(ResourceNames.Primary));
        Assert.Equal(PostgresContainer.ReplicaArguments, await model.ArgumentsAsync(ResourceNames.Replica));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public void A_server_sees_scripts_and_certificates_and_cannot_change_them(string name)
    {
        var mounts = Mounts(name, ContainerMountType.BindMount);
        var expected = PostgresContainer.Mounts("scripts", "certificates").Select(mount => mount.Target);

        Assert.Equal(expected, mounts.Select(mount => mount.Target));
        Assert.All(mounts, mount => Assert.True(mount.IsReadOnly));
        Assert.Contains(mounts, mount => File.Exists(Path.Combine(mount.Source!, "primary.sh")));
        Assert.Contains(mounts, mount => File.Exists(Path.Combine(mount.Source!, "server.key")));
    }

    [Fact]
    public void The_primary_keeps_its_data_and_the_replica_copies_them_anew()
    {
        var volume = Assert.Single(Mounts(ResourceNames.Primary, ContainerMountType.Volume));

        Assert.Equal(PostgresContainer.VolumeTarget(PostgresContainer.MajorVersion), volume.Target);
        Assert.Empty(Mounts(ResourceNames.Replica, ContainerMountType.Volume));
    }

    [Fact]
    public async Task The_primary_has_exactly_the_environment_that_its_script_takes()
    {
        var expected = PostgresContainer.PrimaryEnvironment(PostgresContainer.MajorVersion, text => text, Password);

        Assert.Equal(expected.ToDictionary(), await model.EnvironmentAsync(ResourceNames.Primary));
    }

    [Fact]
    public async Task The_replica_has_exactly_the_environment_that_its_script_takes()
    {
        var expected = PostgresContainer.ReplicaEnvironment(
            PostgresContainer.MajorVersion, "{postgres.bindings.tcp.host}", "{postgres.bindings.tcp.port}", text => text,
            Password);

        Assert.Equal(expected.ToDictionary(), await model.EnvironmentAsync(ResourceNames.Replica));
    }

    [Fact]
    public async Task Passwords_are_secret_and_those_of_the_data_directory()
    {
        foreach (var role in (IEnumerable<string>)[DatabaseRoles.Superuser, .. DatabaseRoles.All, ResourceNames.Redis])
        {
            var parameter = model.Get<ParameterResource>($"{role.Replace('_', '-')}-password");

            Assert.True(parameter.Secret);
            Assert.Equal(
                await parameter.GetValueAsync(TestContext.Current.CancellationToken),
                File.ReadAllText(Path.Combine(Path.GetDirectoryName(model.Certificates)!, "secrets", role)));
        }
    }

    [Fact]
    public void Servers_are_at_the_ports_of_the_solution()
    {
        Assert.Equal(LocalPorts.Primary, Port(ResourceNames.Primary));
        Assert.Equal(LocalPorts.Replica, Port(ResourceNames.Replica));
        Assert.Equal(LocalPorts.Redis, Port(ResourceNames.Redis));

        int? Port(string name) =>
            model.Get<ContainerResource>(name).Annotations.OfType<EndpointAnnotation>().First().Port;
    }

    private static string Password(string role) => $"{{{role.Replace('_', '-')}-password.value}}";

    private List<ContainerMountAnnotation> Mounts(string name, ContainerMountType type) =>
        [.. model.Get<ContainerResource>(name).Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type == type)];
}
