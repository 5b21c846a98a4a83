using System.Runtime.CompilerServices;

namespace Platform.Tests.Pooler;

/// <summary>A test that starts PgBouncer: skipped when it is not installed, or too old.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PgBouncerFactAttribute : FactAttribute
{
    /// <param name="prepared">Needs one that knows prepared statements.</param>
    /// <param name="file">Of the test.</param>
    /// <param name="line">Of the test.</param>
    public PgBouncerFactAttribute(
        bool prepared = false, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Skip = prepared ? "pgbouncer 1.21 or newer is not installed" : "pgbouncer is not installed";
        SkipType = typeof(PgBouncer);
        SkipUnless = prepared ? nameof(PgBouncer.KnowsPreparedStatements) : nameof(PgBouncer.IsInstalled);
    }
}
