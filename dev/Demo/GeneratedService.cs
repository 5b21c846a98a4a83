namespace Colonnade.Dev.Demo;

/// <summary>A service that was packed, generated, built and started for one command, and goes away with it.</summary>
internal sealed class GeneratedService : IAsyncDisposable
{
    private TemplatePackage? _package;
    private GeneratedSolution? _solution;
    private RunningService? _running;
    private TokenIssuer? _tokens;
    private Dictionary<string, string?> _environment = [];

    private GeneratedService()
    {
    }

    public GeneratedSolution Solution => _solution!;

    public RunningService Running => _running!;

    public TokenIssuer Tokens => _tokens!;

    /// <param name="configuration">Debug or Release.</param>
    /// <param name="settings">Environment variables for the API, besides the key of its tokens.</param>
    /// <param name="aspire">Run by AppHost; otherwise by LocalHost, of a solution without Aspire.</param>
    public static async Task<GeneratedService> StartAsync(
        Steps steps,
        string configuration,
        IReadOnlyDictionary<string, string?> settings,
        CancellationToken cancellationToken,
        bool aspire = false)
    {
        var service = new GeneratedService();
        try
        {
            await steps.RunAsync(
                "Pack the template and install it into a throw-away hive",
                async line => service._package = await TemplatePackage.PackAndInstallAsync(line, cancellationToken));
            await steps.RunAsync(
                $"dotnet new colonnade -n Contoso.Payments{(aspire ? "" : " --aspire false")}",
                async line => service._solution = await service._package!.GenerateAsync(
                    new SolutionOptions("Contoso.Payments", Aspire: aspire) { Configuration = configuration },
                    line, cancellationToken));
            await steps.RunAsync(
                $"dotnet build -c {configuration}", line => service.Solution.BuildAsync(line, cancellationToken, RunningService.HostProject(aspire)));
            service._tokens = TokenIssuer.For(service.Solution);
            await steps.RunAsync("Start primary, replica, Redis and the API", async line =>
            {
                service._environment = settings.Concat(service.Tokens.Environment).ToDictionary();
                service._running = await RunningService.StartAsync(service.Solution, service._environment, line, cancellationToken, aspire);
                return FormattableString.Invariant($"(up in {service.Running.State.Seconds:0.0} s by the host's own clock)");
            });
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it, and starts it on its data.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await Running.DisposeAsync();
        _running = await RunningService.StartAsync(Solution, _environment, _ => { }, cancellationToken, Solution.Options.Aspire);
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }

        _solution?.Dispose();
        _package?.Dispose();
    }
}
