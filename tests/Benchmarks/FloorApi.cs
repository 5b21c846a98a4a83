using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Colonnade.Benchmarks;

/// <summary>
/// The floor of reads and writes over HTTP: a bare minimal API with the same bearer tokens and raw Npgsql, and nothing else. Its
/// settings are those of the service.
/// </summary>
internal static class FloorApi
{
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, FloorJson.Default));
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options => options.MapInboundClaims = false);
        builder.Services.AddAuthorization();
        await using var source = NpgsqlReads.Source("shard0-replica");
        await using var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/wallets/{id:guid}", async Task<Results<Ok<WalletRow>, NotFound>> (Guid id, Guid owner) =>
            await NpgsqlReads.ReadAsync(source, id, owner) is { } row ? TypedResults.Ok(row) : TypedResults.NotFound())
            .RequireAuthorization();
        await using var primary = NpgsqlReads.Source("shard0", clients: 64);
        new FloorWrites(primary).Map(app);
        app.MapGet("/health/live", () => TypedResults.Ok());
        await app.RunAsync();
    }
}

[JsonSerializable(typeof(WalletRow))]
[JsonSerializable(typeof(OpenBody))]
[JsonSerializable(typeof(PayBody))]
[JsonSerializable(typeof(TransferBody))]
internal sealed partial class FloorJson : JsonSerializerContext;
