using System.Reflection;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.UserSecrets;
using Microsoft.IdentityModel.Tokens;

namespace Api.Common;

internal static class TokenKeys
{
    private const string Section = $"Authentication:Schemes:{JwtBearerDefaults.AuthenticationScheme}:SigningKeys";

    /// <summary>
    /// Each key of <c>SigningKeys</c> counts for its issuer alone, and an issuer that has one there has no other. All keys are
    /// taken for all issuers otherwise, and one issuer could sign tokens of another's users.
    /// </summary>
    public static void BindTokenKeysToIssuers(this WebApplicationBuilder builder) => builder.Services
        .PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, options =>
        {
            var issuers = new Dictionary<SecurityKey, string>(ReferenceEqualityComparer.Instance);
            foreach (var key in builder.Configuration.GetSection(Section).GetChildren())
            {
                if (key["Value"] is { } value && key["Issuer"] is { } issuer)
                {
                    issuers.Add(new SymmetricSecurityKey(Convert.FromBase64String(value)), issuer);
                }
            }

            options.TokenValidationParameters.IssuerSigningKeys = issuers.Keys;
            options.TokenValidationParameters.IssuerSigningKeyValidator = (key, token, _) =>
                issuers.TryGetValue(key, out var issuer) ? issuer == token.Issuer : !issuers.ContainsValue(token.Issuer);
        });

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
            WatchUserSecrets(builder.Configuration, id);
        }
    }

    /// <summary>The host watches the user secrets only if their file is there when it starts.</summary>
    private static void WatchUserSecrets(ConfigurationManager configuration, string id)
    {
        string file;
        try
        {
            file = PathHelper.GetSecretsPathFromSecretsId(id);
            // A directory that is not there would have its nearest parent watched, with all that is below.
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return; // A user without a home directory has no user secrets.
        }

        if (File.Exists(file))
        {
            return;
        }

        var source = new JsonConfigurationSource { Path = file, Optional = true, ReloadOnChange = true };
        source.ResolveFileProvider();
        configuration.Sources.Insert(0, source); // The environment and the other sources win.
    }
}
