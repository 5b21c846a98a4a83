using System.Runtime.CompilerServices;

namespace Platform.Tests.Containers;

/// <summary>A test that starts containers: skipped when nothing can run them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContainerFactAttribute : FactAttribute
{
    public ContainerFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Skip = "no container engine";
        SkipType = typeof(ContainerEngine);
        SkipUnless = nameof(ContainerEngine.IsRunning);
    }
}
