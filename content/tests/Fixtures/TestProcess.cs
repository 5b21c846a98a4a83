using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Fixtures;

internal static class TestProcess
{
    /// <summary>Whether hosts watch their files, unless it is set.</summary>
    public const string ReloadVariable = "DOTNET_hostBuilder__reloadConfigOnChange";

    /// <summary>
    /// The hosts of this process do not watch their configuration files: each watch takes one of the 128 inotify instances that
    /// a user of Linux has by default.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Only tests load this library.")]
    internal static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(ReloadVariable) is null)
        {
            Environment.SetEnvironmentVariable(ReloadVariable, "false");
        }
    }
}
