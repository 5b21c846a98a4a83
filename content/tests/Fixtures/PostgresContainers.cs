using System.Security.Cryptography;
using Docker.DotNet;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;
using DotNet.Testcontainers.Volumes;

namespace Fixtures;

/// <summary>
/// A primary and its replica in containers, with mounts, environment, entrypoint and arguments of
/// <see cref="PostgresContainer"/>, as in AppHost. The image is AppHost's too, unless <c>COLONNADE_POSTGRES_IMAGE</c>
/// names another.
/// </summary>
public sealed class PostgresContainers : IAsyncDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly DevCertificates _certificates;
    private readonly Dictionary<string, string> _passwords;
    private readonly INetwork _network = new NetworkBuilder().Build();
    private readonly IVolume _data = new VolumeBuilder().Build();
    private readonly int _version;
    private IContainer? _primary;
    private IContainer? _replica;

    private PostgresContainers(int version)
    {
        _version = version;
        _certificates = DevCertificates.Ensure(_directory["certificates"]);
        _passwords = DatabaseRoles.All.Append(DatabaseRoles.Superuser).ToDictionary(
            role => role, _ => RandomNumberGenerator.GetHexString(32));
    }

    public static string Image { get; } = Environment.GetEnvironmentVariable("COLONNADE_POSTGRES_IMAGE") is { Length: > 0 } image
        ? image
        : $"{PostgresContainer.Registry}/{PostgresContainer.Image}:{PostgresContainer.Tag}";

    public ServerAddress Primary => AddressOf(_primary);

    public ServerAddress Replica => AddressOf(_replica);

    public string AuthorityFile => _certificates.AuthorityFile;

    /// <summary>PGDATA in the containers.</summary>
    public string DataDirectory => PostgresContainer.DataDirectory(_version);

    /// <summary>Starts both and returns once the replica streams from the primary.</summary>
    public static async Task<PostgresContainers> StartAsync(CancellationToken ct)
    {
        await ContainerEngine.StartReaperAsync(ct);
        var servers = new PostgresContainers(await ContainerEngine.PostgresVersionAsync(Image, ct));
        try
        {
            await servers._network.CreateAsync(ct);
            await servers._data.CreateAsync(ct);
            await servers.StartServersAsync(ct);
            return servers;
        }
        catch (DockerApiException exception)
        {
            await servers.DisposeAsync();
            throw new InvalidOperationException(
                $"The container engine cannot run {Image}. COLONNADE_POSTGRES_IMAGE can name another image.", exception);
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    public string Password(string role) => _passwords[role];

    public string ConnectionString(string database, string role, bool replica = false) =>
        ConnectionString(replica ? Replica : Primary, database, role);

    public string PrimaryConnectionString(string database, string role) =>
        PostgresConnectionString.Create([$"{Primary}", $"{Replica}"], database, role, Password(role), AuthorityFile);

    /// <summary>
    /// New containers in place of the old ones, which is what AppHost does at each start; the primary's data stay.
    /// </summary>
    public async Task ReplaceAsync(CancellationToken ct)
    {
        foreach (var server in new[] { _replica!, _primary! })
        {
            await server.StopAsync(ct);
            await server.DisposeAsync();
        }

        await StartServersAsync(ct);
    }

    /// <summary>What a command prints inside the primary's container.</summary>
    public async Task<string> ExecuteAsync(params string[] command)
    {
        var result = await _primary!.ExecAsync(command);
        return result.ExitCode == 0 ? result.Stdout.Trim() : throw new InvalidOperationException(result.Stderr);
    }

    /// <summary>A primary in an empty volume of its own.</summary>
    public ContainerBuilder NewPrimary(params IEnumerable<string> arguments) => NewServer(
        ResourceNames.Primary,
        arguments,
        PostgresContainer.PrimaryEnvironment(_version, text => text, Password));

    /// <summary>Puts a server into this network, and its port on this machine's loopback interface only.</summary>
    public ContainerBuilder Publish(ContainerBuilder server, int port) => server
        .WithNetwork(_network)
        .WithPortBinding(port, assignRandomHostPort: true)
        .WithCreateParameterModifier(parameters =>
        {
            foreach (var binding in parameters.HostConfig!.PortBindings!.Values.SelectMany(bindings => bindings))
            {
                binding.HostIP = "127.0.0.1";
            }
        });

    public async ValueTask DisposeAsync()
    {
        await (_replica?.DisposeAsync() ?? default);
        await (_primary?.DisposeAsync() ?? default);
        await _data.DisposeAsync();
        await _network.DisposeAsync();
        _directory.Dispose();
    }

    private async Task StartServersAsync(CancellationToken ct)
    {
        var primary = NewPrimary(PostgresContainer.PrimaryArguments)
            .WithVolumeMount(_data, PostgresContainer.VolumeTarget(_version));
        _primary = Published(primary, "select true");
        await _primary.StartAsync(ct);

        var replica = NewServer(
            ResourceNames.Replica,
            PostgresContainer.ReplicaArguments,
            PostgresContainer.ReplicaEnvironment(
                _version, ResourceNames.Primary, $"{PostgresContainer.Port}", text => text, Password));
        _replica = Published(replica, "select exists (select from pg_stat_wal_receiver where status = 'streaming')");
        await _replica.StartAsync(ct);
    }

    private ContainerBuilder NewServer(
        string name, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment)
    {
        var server = new ContainerBuilder(Image)
            .WithNetworkAliases(name)
            .WithEntrypoint(PostgresContainer.Entrypoint)
            .WithCommand([.. arguments])
            .WithEnvironment(environment.ToDictionary());
        return PostgresContainer.Mounts(Path.Combine(AppContext.BaseDirectory, "postgres"), _certificates.Location)
            .Aggregate(server, (builder, mount) => builder.WithBindMount(mount.Source, mount.Target, AccessMode.ReadOnly));
    }

    private IContainer Published(ContainerBuilder server, string question) => Publish(server, PostgresContainer.Port)
        .WithWaitStrategy(Wait.ForUnixContainer().AddCustomWaitStrategy(
            new UntilItSaysYes(
                container => ConnectionString(AddressOf(container), "postgres", DatabaseRoles.Superuser), question),
            wait => wait.WithInterval(TimeSpan.FromMilliseconds(100)).WithTimeout(TimeSpan.FromMinutes(1))))
        .Build();

    private string ConnectionString(ServerAddress server, string database, string role) =>
        PostgresConnectionString.Create(server.Host, $"{server.Port}", database, role, Password(role), AuthorityFile);

    private static ServerAddress AddressOf(IContainer? server) =>
        new("localhost", server!.GetMappedPublicPort(PostgresContainer.Port));
}
