namespace Migrator;

/// <summary>Something the Migrator does, chosen by its first argument.</summary>
internal interface IVerb
{
    /// <summary>Exit code, as EX_USAGE in sysexits.h.</summary>
    const int WrongUsage = 64;

    /// <summary>Empty for what it does without arguments.</summary>
    string Name { get; }

    /// <summary>How to call it and what it does, two lines or more.</summary>
    string Usage { get; }

    /// <param name="arguments">Those after the name.</param>
    /// <returns>
    /// The exit code: 0 done, 1 failed, 2 a connection string is missing, 3 a database did not answer, 4 another run has the
    /// lock.
    /// </returns>
    Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken);
}
