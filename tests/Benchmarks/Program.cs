using System.Text.Json;
using Colonnade.Benchmarks;

// One measurement per process: PROGRAM MEASUREMENT, with its parameters in the environment (Plan). Prints one line of JSON.
if (args is ["floor-api"])
{
    await FloorApi.RunAsync();
    return 0;
}

var plan = Plan.FromEnvironment();
var measurement = args switch
{
    ["http"] => await HttpLoad.RunAsync(plan),
    ["read"] => await NpgsqlReads.RunAsync(plan),
    ["read-service"] => await ServiceReads.RunAsync(plan),
    ["ingest"] => await Ingest.ByHttpAsync(plan),
    ["copy"] => await Ingest.ByCopyAsync(plan),
    ["insert"] => await Inserts.RunAsync(plan, publish: false),
    ["insert-and-publish"] => await Inserts.RunAsync(plan, publish: true),
    _ => null,
};
if (measurement is null)
{
    await Console.Error.WriteLineAsync("floor-api | http | read | read-service | ingest | copy | insert | insert-and-publish");
    return 2;
}

Console.WriteLine(JsonSerializer.Serialize(measurement, JsonSerializerOptions.Web));
return 0;
