using System.Diagnostics.CodeAnalysis;

/// <summary>
/// Runs in each program of this solution that a test starts as a process, before its Main (DOTNET_STARTUP_HOOKS names this
/// assembly, and .NET looks for a class of this name in no namespace). Kills the process, as kill -9 does, when the test
/// process is gone, and at the saga point that a file names.
/// </summary>
[SuppressMessage("Design", "CA1050", Justification = "The runtime looks for it in no namespace.")]
internal static class StartupHook
{
    private const string HooksVariable = "DOTNET_STARTUP_HOOKS";

    /// <summary>Environment variable with the path of the file that names a saga point.</summary>
    public const string FileVariable = "CRASH_FILE";

    /// <summary>Has the process end with the test. Its standard input must be redirected.</summary>
    public static void AddTo(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.Environment[HooksVariable] = typeof(StartupHook).Assembly.Location;
    }

    public static void Initialize()
    {
        // What this process starts has another standard input.
        Environment.SetEnvironmentVariable(HooksVariable, null);
        new Thread(DieWithParent) { IsBackground = true }.Start();
        if (Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } file)
        {
            DiagnosticListener.AllListeners.Subscribe(new SagaPointObserver(file));
        }
    }

    /// <summary>Standard input is a pipe whose other end only the test process holds.</summary>
    private static void DieWithParent()
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
        }

        Die();
    }

    private static void Die() => Process.GetCurrentProcess().Kill();

    private sealed class SagaPointObserver(string file) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name.EndsWith(".Sagas", StringComparison.Ordinal))
            {
                value.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            try
            {
                // A point alone means any step.
                if (File.Exists(file) && File.ReadAllText(file) is { } armed && $"{value.Key} {value.Value}" is var here
                    && (here == armed || here.StartsWith($"{armed} ", StringComparison.Ordinal)))
                {
                    File.Move(file, $"{file}.hit", overwrite: true);
                    Die();
                }
            }
            catch (IOException)
            {
                // Another thread was here first, and the process ends.
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
