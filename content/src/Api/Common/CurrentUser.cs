using Microsoft.AspNetCore.Authorization;

namespace Api.Common;

internal static class CurrentUser
{
    private const string SubjectClaim = "sub";

    /// <summary>The user who sent the request. <see cref="RequireSubject"/> has made sure that there is one.</summary>
    public static UserId UserId(this ClaimsPrincipal principal) =>
        principal.FindUserId() ?? throw new InvalidOperationException("The request has no user.");

    /// <summary>
    /// The same where no policy has been applied yet; null when the request has no token, or one without a subject.
    /// </summary>
    public static UserId? FindUserId(this ClaimsPrincipal principal) =>
        // The claim's issuer is the one that the token was validated for.
        principal.FindFirst(SubjectClaim) is { } claim && !string.IsNullOrWhiteSpace(claim.Value)
            ? Domain.Common.UserId.Of(claim.Issuer, claim.Value)
            : null;

    /// <summary>
    /// One subject that is a text with something in it. In a token it may be missing, empty, an array or an object.
    /// </summary>
    public static AuthorizationPolicyBuilder RequireSubject(this AuthorizationPolicyBuilder policy) => policy
        .RequireAuthenticatedUser()
        .RequireAssertion(context => context.User.FindAll(SubjectClaim).Take(2).ToArray() is [{ } claim]
            && !string.IsNullOrWhiteSpace(claim.Value)
            && !claim.ValueType.StartsWith("JSON", StringComparison.Ordinal));
}
