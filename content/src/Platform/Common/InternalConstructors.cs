using System.Reflection;

namespace Platform.Common;

/// <summary>
/// Registers classes that features may use and nobody but the container makes: their constructors are internal.
/// </summary>
internal static class InternalConstructors
{
    public static IServiceCollection AddScopedInternal<T>(this IServiceCollection services)
        where T : class
    {
        var constructor = typeof(T).GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic).Single();
        var parameters = constructor.GetParameters().Select(parameter => parameter.ParameterType).ToArray();
        var invoker = ConstructorInvoker.Create(constructor);
        return services.AddScoped(provider =>
        {
            var arguments = new object?[parameters.Length];
            for (var i = 0; i < arguments.Length; i++)
            {
                arguments[i] = provider.GetRequiredService(parameters[i]);
            }

            return (T)invoker.Invoke(arguments.AsSpan());
        });
    }
}
