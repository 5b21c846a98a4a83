namespace Platform.Idempotency;

internal static class IdempotencyServices
{
    public static IServiceCollection AddIdempotency(this IServiceCollection services, IConfiguration configuration) =>
        services.AddValidatedOptions<IdempotencyOptions>(configuration, IdempotencyOptions.Section);
}
