using System.Runtime.CompilerServices;

namespace Integration.Tests.Fixtures;

internal static class TestProcess
{
    /// <summary>
    /// The hosts of this process do not watch their configuration files: each watch takes one of the 128 inotify instances that
    /// a user of Linux has by default.
    /// </summary>
    [ModuleInitializer]
    internal static void Initialize() => Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
}
