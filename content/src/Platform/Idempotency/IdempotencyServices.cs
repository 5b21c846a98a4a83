using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Common;

namespace Platform.Idempotency;

internal static class IdempotencyServices
{
    public static IServiceCollection AddIdempotency(this IServiceCollection services, IConfiguration configuration) =>
        services.AddValidatedOptions<IdempotencyOptions>(configuration, IdempotencyOptions.Section);
}
