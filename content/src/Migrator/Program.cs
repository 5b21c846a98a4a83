using Acme.Service.Infrastructure.Persistence.Migrations;
using Acme.Service.ServiceDefaults;

var builder = Host.CreateApplicationBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddSingleton<MigrationRun>();
using var host = builder.Build();

// Starts telemetry, and turns Ctrl-C and SIGTERM into a cancelled run.
await host.StartAsync();
var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
var outcome = await host.Services.GetRequiredService<MigrationRun>().RunAsync(stopping);
await host.StopAsync();
return (int)outcome;
