using System.CommandLine;
using System.CommandLine.Invocation;
using Migrator.Migrations;
using ServiceDefaults;

// Exit codes: 0 done, 1 failed, 2 a connection string is missing, 3 a database did not answer, 4 another run has the lock,
// 64 wrong usage (EX_USAGE in sysexits.h).
var builder = Host.CreateApplicationBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddSingleton<MigrationRun>();
foreach (var verb in typeof(MigrationRun).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Command))))
{
    builder.Services.AddSingleton(typeof(Command), verb);
}

// What begins with a dash or has an equals sign is configuration, such as --Migrator:TimeoutSeconds=5.
var isVerb = args is [var first, ..] && !first.StartsWith('-') && !first.Contains('=');
if (isVerb)
{
    // Verbs print what they have to say.
    builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
}

using var host = builder.Build();
var root = new RootCommand("Brings the directory and every shard up to date; with a verb, does that instead.")
{
    TreatUnmatchedTokensAsErrors = isVerb,
};
root.SetAction(async (_, cancellationToken) =>
    (int)await host.Services.GetRequiredService<MigrationRun>().RunAsync(cancellationToken));
foreach (var verb in host.Services.GetServices<Command>().OrderBy(verb => verb.Name, StringComparer.Ordinal))
{
    root.Add(verb);
}

var command = root.Parse(args is ["help"] ? ["--help"] : args);
if (command.Action is SynchronousCommandLineAction)
{
    // Help, or what is wrong.
    return command.Invoke() == 0 ? 0 : 64;
}

// Starts telemetry, and turns Ctrl-C and SIGTERM into a cancelled run.
await host.StartAsync();
var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
int code;
using (var activities = new ActivitySource("Migrator"))
using (activities.StartActivity(isVerb ? command.CommandResult.Command.Name : "migrate"))
{
    code = await command.InvokeAsync(new() { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }, stopping);
}

await host.StopAsync();
return code;
