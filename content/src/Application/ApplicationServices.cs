using Application.Idempotency;
using Microsoft.Extensions.DependencyInjection;

namespace Application;

public static class ApplicationServices
{
    /// <summary>Every use case of this assembly: handlers are found by the source generator, validators by scanning.</summary>
    public static IServiceCollection AddApplication(this IServiceCollection services)
    {
        services.AddMediator((MediatorOptions options) =>
        {
            options.Assemblies = [typeof(ApplicationServices)];
            options.ServiceLifetime = ServiceLifetime.Scoped;
            options.GenerateTypesAsInternal = true;
            options.PipelineBehaviors =
                [typeof(ValidationBehavior<,>), typeof(CommitBehavior<,>), typeof(IdempotencyBehavior<,>)];
        });
        services.AddScoped<AnswerTrail>();
        return services.AddValidatorsFromAssembly(typeof(ApplicationServices).Assembly, includeInternalTypes: true);
    }
}
