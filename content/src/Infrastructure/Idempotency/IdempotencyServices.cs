using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Infrastructure.Idempotency;

internal static class IdempotencyServices
{
    public const string Expired = "Expired idempotency keys";

    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(long)])]
    private const string DropSql = "SELECT drop_expired_keys($1, $2)";

    public static IServiceCollection AddIdempotency(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<IdempotencyOptions>(configuration.GetSection(IdempotencyOptions.Section));
        return services.AddSingleton(provider => new OldRows(
            Expired, DropSql, provider.GetRequiredService<IOptions<IdempotencyOptions>>().Value.Lifetime, TimeSpan.FromMinutes(10)));
    }
}
