using AppHost.Tests;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(AppHostModel))]

namespace AppHost.Tests;

/// <summary>The AppHost's model, with the servers in containers. It is never started, so no engine is needed.</summary>
public sealed class AppHostModel : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("apphost-");
    private LocalDirectory _directory = null!;
    private DistributedApplication _application = null!;
    private DistributedApplicationExecutionContext _context = null!;

    public IServiceProvider Services => _application.Services;

    /// <summary>Directory with the certificate authority's file.</summary>
    public string Certificates => _directory.Certificates;

    public IEnumerable<IResource> Resources => Services.GetRequiredService<DistributedApplicationModel>().Resources;

    public ValueTask InitializeAsync() => StartAsync(servers: null);

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _directory.Dispose();
        _data.Delete(recursive: true);
    }

    /// <summary>The model with the servers from programs of this machine.</summary>
    public static async Task<AppHostModel> OfProgramsAsync(params string[] arguments)
    {
        var model = new AppHostModel();
        await model.StartAsync(new ServerPrograms("/postgres/bin", "/redis/bin/redis-server"), arguments);
        return model;
    }

    /// <summary>Publishes, which runs nothing either, and gives the text of the manifest.</summary>
    public static async Task<string> PublishAsync(CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var manifest = Path.Combine(directory.FullName, "manifest.json");
            var builder = CreateBuilder("--operation", "publish", "--step", "publish-manifest", "--output-path", manifest);
            Publishing.Configure(builder);
            await using var application = builder.Build();
            await application.RunAsync(cancellationToken);
            return await File.ReadAllTextAsync(manifest, cancellationToken);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    public T Get<T>(string name)
        where T : IResource =>
        Resources.OfType<T>().Single(resource => resource.Name == name);

    /// <summary>Names of what <paramref name="name"/> waits for before it starts.</summary>
    public IEnumerable<string> Waits(string name, WaitType type) =>
        Get<IResource>(name).Annotations.OfType<WaitAnnotation>().Where(wait => wait.WaitType == type)
            .Select(wait => wait.Resource.Name);

    /// <summary>
    /// A resource's environment; what is known only at run time is an expression such as <c>{redis.bindings.tcp.host}</c>.
    /// </summary>
    public async Task<Dictionary<string, string>> EnvironmentAsync(string name)
    {
        var resource = Get<IResource>(name);
        var variables = new Dictionary<string, object>();
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(new EnvironmentCallbackContext(_context, resource, variables));
        }

        return variables.ToDictionary(variable => variable.Key, variable => Text(variable.Value));
    }

    public async Task<IEnumerable<string>> ArgumentsAsync(string name)
    {
        var resource = Get<IResource>(name);
        var arguments = new List<object>();
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            await annotation.Callback(new CommandLineArgsCallbackContext(arguments, resource));
        }

        return arguments.Select(Text);
    }

    private async ValueTask StartAsync(ServerPrograms? servers, params string[] arguments)
    {
        _directory = await LocalDirectory.OpenAsync(_data.FullName, reset: false, CancellationToken.None);
        var builder = CreateBuilder();
        var options = HostOptions.Parse(arguments, _data.FullName, out _)!;
        Program.Configure(
            builder,
            servers is null
                ? new ContainerServers(builder, _directory, options, "docker")
                : new ProgramServers(builder, _directory, options, servers),
            options);
        _context = builder.ExecutionContext;
        _application = builder.Build();
    }

    private static IDistributedApplicationBuilder CreateBuilder(params string[] arguments) =>
        DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            AssemblyName = typeof(Program).Assembly.GetName().Name,
            Args = arguments,
            DisableDashboard = true,
        });

    private static string Text(object value) =>
        value is IManifestExpressionProvider expression ? expression.ValueExpression : $"{value}";
}
