using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace ServiceDefaults;

internal static class SecretFiles
{
    /// <summary>
    /// One file per secret, named like the setting with <c>__</c> for the colon. Kubernetes and the vaults of the clouds
    /// hand secrets over in this way.
    /// </summary>
    private const string Directory = "/run/secrets";

    public static void AddSecretFiles(this IHostApplicationBuilder builder) =>
        builder.Configuration.AddKeyPerFile(Directory, optional: true);
}
