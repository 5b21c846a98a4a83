using Colonnade.Benchmarks;

// One kind of measurement per process: PROGRAM MEASUREMENT, with its parameters in the environment (Plan). Prints "ready"
// when it is warm, and a line of JSON for every line that it is sent, until its input ends.
var plan = Plan.FromEnvironment();
Func<Task>? run = args switch
{
    ["floor-api"] => FloorApi.RunAsync,
    ["http"] => () => HttpLoad.RunAsync(plan),
    ["read"] => () => NpgsqlReads.RunAsync(plan, fenced: false),
    ["read-fenced"] => () => NpgsqlReads.RunAsync(plan, fenced: true),
    ["read-service"] => () => ServiceReads.RunAsync(plan),
    ["ingest"] => () => Load.ServeAsync(() => Ingest.ByHttpAsync(plan)),
    ["copy"] => () => Load.ServeAsync(() => Ingest.ByCopyAsync(plan)),
    ["insert"] => () => Inserts.RunAsync(plan),
    ["insert-and-publish"] => () => Inserts.RunAsync(plan, publish: true),
    ["insert-and-nothing"] => () => Inserts.RunAsync(plan, nothing: true),
    _ => null,
};
if (run is null)
{
    await Console.Error.WriteLineAsync("floor-api | http | read | read-fenced | read-service | ingest | copy | insert | insert-and-publish | insert-and-nothing");
    return 2;
}

await run();
return 0;
