using System.ComponentModel.DataAnnotations;

namespace Platform.Common;

/// <summary>Options whose values are checked when the service starts, by the attributes of their properties.</summary>
public static class ValidatedOptions
{
    public static IServiceCollection AddValidatedOptions<TOptions>(
        this IServiceCollection services, IConfiguration configuration, string section)
        where TOptions : class
    {
        services.AddOptions<TOptions>().Bind(configuration.GetSection(section)).ValidateOnStart();
        return services.AddSingleton<IValidateOptions<TOptions>>(new Validator<TOptions>(section));
    }

    private sealed class Validator<TOptions>(string section) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            var wrong = new List<ValidationResult>();
            return Validator.TryValidateObject(options, new ValidationContext(options), wrong, validateAllProperties: true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(wrong.SelectMany(result => result.MemberNames.Select(member =>
                    $"{section}:{member} is {typeof(TOptions).GetProperty(member)!.GetValue(options)}: {result.ErrorMessage}")));
        }
    }
}
