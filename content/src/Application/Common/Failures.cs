namespace Application.Common;

/// <summary>
/// Turns errors into a response of a type that is known only at run time, as a pipeline behaviour must. Resolved once
/// per response type.
/// </summary>
internal static class Failures<TResponse>
    where TResponse : IErrorOr
{
    private static readonly Func<List<Error>, TResponse> Create = typeof(TResponse)
        .GetMethod(nameof(ErrorOr<>.From), [typeof(List<Error>)])!
        .CreateDelegate<Func<List<Error>, TResponse>>();

    public static TResponse From(List<Error> errors) => Create(errors);
}
