namespace AppHost;

/// <summary>Aspire would start everything else, and say in a log that a port was taken.</summary>
internal static class HostPorts
{
    private static readonly string[] s_dashboard =
        ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"];

    /// <exception cref="LocalHostException">One is taken.</exception>
    public static void EnsureFree(IDistributedApplicationBuilder builder, HostOptions options)
    {
        if (options.EphemeralPorts)
        {
            return;
        }

        FreePort.Take(LocalPorts.Primary, ResourceNames.Primary);
        FreePort.Take(LocalPorts.Replica, ResourceNames.Replica);
        FreePort.Take(LocalPorts.Redis, ResourceNames.Redis);
        if (!options.ServersOnly)
        {
            FreePort.Take(LocalPorts.Api, ResourceNames.Api);
        }

        foreach (var variable in s_dashboard)
        {
            foreach (var url in (builder.Configuration[variable] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
            {
                FreePort.Take(new Uri(url).Port, $"the dashboard ({variable})");
            }
        }
    }
}
