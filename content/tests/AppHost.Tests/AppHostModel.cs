using AppHost.Tests;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(AppHostModel))]

namespace AppHost.Tests;

/// <summary>The AppHost's model, built once and never started, so that no container engine is needed.</summary>
public sealed class AppHostModel : IDisposable
{
    private readonly DistributedApplication _application;
    private readonly DistributedApplicationExecutionContext _context;

    public AppHostModel()
        : this([])
    {
    }

    private AppHostModel(string[] args)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            AssemblyName = typeof(Program).Assembly.GetName().Name,
            Args = args,
            DisableDashboard = true,
        });
        Program.Configure(builder);
        _context = builder.ExecutionContext;
        _application = builder.Build();
    }

    public IServiceProvider Services => _application.Services;

    private IEnumerable<IResource> Resources => Services.GetRequiredService<DistributedApplicationModel>().Resources;

    /// <summary>Publishes, which runs no container either, and gives the text of the manifest.</summary>
    public static async Task<string> PublishAsync(CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var manifest = Path.Combine(directory.FullName, "manifest.json");
            using var model = new AppHostModel(
                ["--operation", "publish", "--step", "publish-manifest", "--output-path", manifest]);
            await model._application.RunAsync(cancellationToken);
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
        Get<IResource>(name).Annotations.OfType<WaitAnnotation>().Where(wait => wait.WaitType == type).Select(wait => wait.Resource.Name);

    /// <summary>A resource's environment; what is known only at run time is an expression such as <c>{redis.bindings.tcp.host}</c>.</summary>
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

    public void Dispose() => _application.Dispose();

    private static string Text(object value) =>
        value is IManifestExpressionProvider expression ? expression.ValueExpression : $"{value}";
}
