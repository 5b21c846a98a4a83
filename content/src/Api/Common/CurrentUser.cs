using System.Security.Claims;
using Domain.Common;

namespace Api.Common;

internal static class CurrentUser
{
    public const string SubjectClaim = "sub";

    /// <summary>The user who sent the request. The fallback policy has made sure that there is one.</summary>
    public static UserId UserId(this ClaimsPrincipal principal) =>
        Domain.Common.UserId.FromSubject(principal.FindFirstValue(SubjectClaim)!);
}
