using System.Text.Json;

namespace Application.Idempotency;

/// <summary>
/// A response as JSON, for a response of a type that is known only at run time, as a pipeline behaviour must. Resolved once
/// per response type, which must be an <see cref="ErrorOr{TValue}"/>.
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
        json => (TResponse)(object)JsonSerializer.Deserialize<Answer<TValue>>(json)!.ToErrorOr(),
        response => JsonSerializer.Serialize(Answer<TValue>.Of((ErrorOr<TValue>)(object)response)));

    /// <param name="Value">What a command that was done has answered.</param>
    /// <param name="Refusals">Null when it was done.</param>
    private sealed record Answer<TValue>(TValue? Value, Refusal[]? Refusals)
    {
        public static Answer<TValue> Of(ErrorOr<TValue> response) => response.IsError
            ? new(default, [.. response.Errors.Select(Refusal.Of)])
            : new(response.Value, Refusals: null);

        public ErrorOr<TValue> ToErrorOr() =>
            Refusals is null ? Value! : Refusals.Select(refusal => refusal.ToError()).ToList();
    }

    private sealed record Refusal(string Code, string Description, int Type, Dictionary<string, string>? Metadata)
    {
        public static Refusal Of(Error error) => new(
            error.Code, error.Description, error.NumericType,
            error.Metadata?.ToDictionary(item => item.Key, item => $"{item.Value}"));

        public Error ToError() => Error.Custom(
            Type, Code, Description, Metadata?.ToDictionary(item => item.Key, item => (object)item.Value));
    }
}
