using System.Reflection;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.UserSecrets;
using Microsoft.Extensions.Options;

namespace Api.Common;

internal static class TokenKeys
{
    /// <summary>
    /// Takes keys that are added to the configuration while the API runs, such as the one that <c>dotnet user-jwts create</c>
    /// makes with the first token.
    /// </summary>
    public static void FollowTokenKeys(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IOptionsChangeTokenSource<JwtBearerOptions>>(
            new ConfigurationChangeTokenSource<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, builder.Configuration));
        if (builder.Environment.IsDevelopment()
            && builder.Configuration.GetValue("hostBuilder:reloadConfigOnChange", defaultValue: true)
            && typeof(TokenKeys).Assembly.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId is { } id)
        {
            WatchUserSecrets(builder.Configuration, PathHelper.GetSecretsPathFromSecretsId(id));
        }
    }

    /// <summary>The host watches the user secrets only if their file is there when it starts.</summary>
    private static void WatchUserSecrets(ConfigurationManager configuration, string file)
    {
        if (File.Exists(file))
        {
            return;
        }

        // A directory that is not there would have its nearest parent watched, with all that is below.
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var source = new JsonConfigurationSource { Path = file, Optional = true, ReloadOnChange = true };
        source.ResolveFileProvider();
        configuration.Sources.Insert(0, source); // The environment and the other sources win.
    }
}
