using Migrator;
using Migrator.Migrations;
using ServiceDefaults;

var builder = Host.CreateApplicationBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddSingleton<MigrationRun>();
foreach (var type in typeof(IVerb).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IVerb))))
{
    builder.Services.AddSingleton(typeof(IVerb), type);
}

// What begins with a dash or has an equals sign is configuration, such as --Migrator:TimeoutSeconds=5.
var isHelp = args is ["help" or "--help" or "-h", ..];
var name = args is [var first, ..] && !first.StartsWith('-') && !first.Contains('=') ? first : "";
if (name != "")
{
    // Verbs print what they have to say.
    builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
}

using var host = builder.Build();
var verbs = host.Services.GetServices<IVerb>().OrderBy(candidate => candidate.Name, StringComparer.Ordinal).ToArray();
if (isHelp || Array.Find(verbs, candidate => candidate.Name == name) is not { } verb)
{
    var output = isHelp ? Console.Out : Console.Error;
    output.WriteLine(isHelp ? "Usage: dotnet run --project src/Migrator -- [verb]" : $"There is no verb '{name}'. There are:");
    foreach (var usage in verbs.Select(candidate => candidate.Usage))
    {
        output.WriteLine($"\n  {usage.ReplaceLineEndings("\n  ")}");
    }

    return isHelp ? 0 : IVerb.WrongUsage;
}

// Starts telemetry, and turns Ctrl-C and SIGTERM into a cancelled run.
await host.StartAsync();
var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
int code;
using (var activities = new ActivitySource("Migrator"))
using (activities.StartActivity(name == "" ? "migrate" : name))
{
    code = await verb.RunAsync(name == "" ? args : args[1..], stopping);
}

await host.StopAsync();
return code;
