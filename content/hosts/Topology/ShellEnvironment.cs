using System.Collections;

namespace Topology;

/// <summary>What a user's shell has set for other programs must not reach the servers and processes that a host starts.</summary>
public static class ShellEnvironment
{
    private const string Local = "localhost,127.0.0.1,::1";

    /// <summary>
    /// Takes libpq's variables, which Npgsql reads as well (<c>PGOPTIONS</c>, <c>PGHOST</c>, …), from this process and those
    /// that it starts, and <c>DOTNET_URLS</c>, which would win over the address that a host gives the API; and lets no proxy come
    /// between processes of this machine.
    /// </summary>
    public static void Clean()
    {
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(variable => (string)variable.Key)
            .Where(name => name.StartsWith("PG", StringComparison.Ordinal) || name == "DOTNET_URLS").ToArray())
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        // .NET looks for the name in small letters first, other programs for either.
        foreach (var name in new[] { "no_proxy", "NO_PROXY" })
        {
            var known = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, string.IsNullOrEmpty(known) ? Local : $"{known},{Local}");
        }
    }
}
