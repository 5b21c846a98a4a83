using System.Text.Json;
using ErrorOr;

namespace Application.Idempotency;

/// <summary>
/// The value of a response as JSON, for a response of a type that is known only at run time, as a pipeline behaviour
/// must. Resolved once per response type, which must be an <see cref="ErrorOr{TValue}"/>.
/// </summary>
internal static class Answers<TResponse>
    where TResponse : IErrorOr
{
    private static readonly (Func<string, TResponse> Read, Func<TResponse, string> Write) Functions =
        ((Func<string, TResponse>, Func<TResponse, string>))typeof(Answers<TResponse>)
            .GetMethod(nameof(Create), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(typeof(TResponse).GetGenericArguments().Single())
            .Invoke(obj: null, parameters: null)!;

    public static TResponse Read(string json) => Functions.Read(json);

    public static string Write(TResponse response) => Functions.Write(response);

    private static (Func<string, TResponse>, Func<TResponse, string>) Create<TValue>() => (
        json => (TResponse)(object)ErrorOrFactory.From(JsonSerializer.Deserialize<TValue>(json)!),
        response => JsonSerializer.Serialize(((ErrorOr<TValue>)(object)response).Value));
}
