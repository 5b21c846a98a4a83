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

    /// <summary>
    /// Another directory of that kind, relative to the content root: the hosts write one for an API that you start yourself.
    /// </summary>
    private const string LocalDirectory = "SecretFiles:Directory";

    public static void AddSecretFiles(this IHostApplicationBuilder builder)
    {
        builder.Configuration.AddKeyPerFile(Directory, optional: true);
        if (builder.Configuration[LocalDirectory] is { Length: > 0 } local)
        {
            var directory = Path.GetFullPath(local, builder.Environment.ContentRootPath);
            if (!System.IO.Directory.Exists(directory))
            {
                throw new InvalidOperationException(
                    $"{directory} is missing. Start the servers first, by a host with --servers-only.");
            }

            builder.Configuration.AddKeyPerFile(directory, optional: false);
        }
    }
}
