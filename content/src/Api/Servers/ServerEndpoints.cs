using Application.Servers;

namespace Api.Servers;

internal sealed class TopologyEndpoints : IEndpointGroup
{
    /// <summary>In development only: it needs no token and shows addresses and versions.</summary>
    public static void Map(IEndpointRouteBuilder app)
    {
        if (app.ServiceProvider.GetRequiredService<IHostEnvironment>().IsDevelopment())
        {
            app.MapGet("/topology", async (ISender sender, CancellationToken cancellationToken) =>
                    TypedResults.Ok(await sender.Send(new GetServers(), cancellationToken)))
                .WithName("GetTopology")
                .WithTags("Platform")
                .WithSummary("Every server this service talks to, as the server itself tells it")
                .WithConsistency(Consistency.Eventual)
                .AllowAnonymous();
        }
    }
}
