using Domain.Common;

namespace Domain.Tests.Common;

public sealed class UserIdTests
{
    [Fact]
    public void The_same_subject_is_the_same_user_in_the_same_bucket()
    {
        var user = UserId.FromSubject("auth0|5f7c8ec7");

        Assert.Equal(user, UserId.FromSubject("auth0|5f7c8ec7"));
        Assert.Equal(Uuid8.BucketOf(user.Value), user.Bucket);
    }

    [Fact]
    public void Subjects_that_differ_only_in_case_are_different_users() =>
        Assert.NotEqual(UserId.FromSubject("alice"), UserId.FromSubject("Alice"));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Nobody_is_no_user(string subject) =>
        Assert.Throws<ArgumentException>(() => UserId.FromSubject(subject));
}
