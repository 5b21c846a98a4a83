using System.Security.Claims;
using Domain.Common;
using Microsoft.AspNetCore.Authorization;

namespace Api.Common;

internal static class CurrentUser
{
    public const string SubjectClaim = "sub";

    /// <summary>The user who sent the request. <see cref="RequireSubject"/> has made sure that there is one.</summary>
    public static UserId UserId(this ClaimsPrincipal principal) =>
        Domain.Common.UserId.FromSubject(principal.FindFirstValue(SubjectClaim)!);

    /// <summary>One subject that is a text with something in it. In a token it may be missing, empty, an array or an object.</summary>
    public static AuthorizationPolicyBuilder RequireSubject(this AuthorizationPolicyBuilder policy) => policy
        .RequireAuthenticatedUser()
        .RequireAssertion(context => context.User.FindAll(SubjectClaim).Take(2).ToArray() is [{ } claim]
            && !string.IsNullOrWhiteSpace(claim.Value)
            && !claim.ValueType.StartsWith("JSON", StringComparison.Ordinal));
}
