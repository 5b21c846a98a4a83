namespace LocalHost;

/// <summary>Starts the solution's own programs on a topology.</summary>
internal static class Services
{
    /// <summary>The dotnet program that runs this process: three levels above shared/Microsoft.NETCore.App/10.0.x.</summary>
    internal static string DotNet => Path.GetFullPath(
        Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));

    public static async Task MigrateAsync(this LocalTopology topology, CancellationToken ct)
    {
        var build = MigratorBuild.Current();
        if (await MigratorBuild.HasRunAsync(topology, build, ct))
        {
            Report.Log(ResourceNames.Migrator, "This build has run here before, so there is nothing to do.");
            return;
        }

        var migrator = topology.Start(
            ResourceNames.Migrator,
            "TERM",
            [DotNet, SolutionPaths.Assembly("Migrator")],
            topology.Variables(Connections.OfMigrator));
        if (await migrator.Ended.WaitAsync(ct) != 0)
        {
            throw new LocalHostException(migrator.DescribeEnd());
        }

        await MigratorBuild.RememberAsync(topology, build, ct);
    }

    public static async Task<Uri> StartApiAsync(this LocalTopology topology, ServerAddress listen, CancellationToken ct)
    {
        var address = new Uri($"http://{listen}");
        var assembly = SolutionPaths.Assembly("Api");
        var api = topology.Start(
            ResourceNames.Api,
            "TERM",
            // The content root is where the build puts appsettings.json.
            [DotNet, assembly, "--contentRoot", Path.GetDirectoryName(assembly)!],
            [
                new("ASPNETCORE_URLS", address.ToString()),
                new("DOTNET_ENVIRONMENT", "Development"),
                .. topology.ApiSettings,
            ],
            listen);

        using var http = new HttpClient { BaseAddress = address };
        await api.WaitUntilReadyAsync(
            async token =>
            {
                using var response = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), token);
                return response.IsSuccessStatusCode;
            },
            ct);
        return address;
    }
}
