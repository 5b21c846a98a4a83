namespace Api.Common;

/// <summary>
/// People who run the service. Their tokens have the claim <c>role</c> with the value <c>operator</c>; for development,
/// <c>dotnet user-jwts create --claim role=operator</c> makes one.
/// </summary>
internal static class Operators
{
    private const string RoleClaim = "role";
    private const string Role = "operator";

    public static TBuilder RequireOperator<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.RequireAuthorization(policy => policy.RequireSubject().RequireClaim(RoleClaim, Role));
}
