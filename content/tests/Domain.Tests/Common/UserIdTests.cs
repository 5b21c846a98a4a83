namespace Domain.Tests.Common;

public sealed class UserIdTests
{
    [Fact]
    public void The_same_subject_is_the_same_user_in_the_same_bucket()
    {
        var user = UserId.Of("https://a.test", "auth0|5f7c8ec7");

        Assert.Equal(user, UserId.Of("https://a.test", "auth0|5f7c8ec7"));
        Assert.Equal(Uuid8.BucketOf(user.Value), user.Bucket);
    }

    [Fact]
    public void Subjects_that_differ_only_in_case_are_different_users() =>
        Assert.NotEqual(UserId.Of("https://a.test", "alice"), UserId.Of("issuer", "Alice"));

    [Fact]
    public void The_same_subject_of_two_issuers_is_two_users() =>
        Assert.NotEqual(UserId.Of("https://a.test", "alice"), UserId.Of("https://b.test", "alice"));

    /// <summary>What is behind the first colon has the same text for each pair.</summary>
    [Theory]
    [InlineData("https://a.test", "/alice", "https://a.test/", "alice")]
    [InlineData("https://a.test", "14:https://a.testalice", "https://a.test14:https://a.test", "alice")]
    [InlineData("a", "b:c", "ab", ":c")]
    [InlineData("a", "1:ab", "a1", ":ab")]
    public void No_subject_is_another_issuers_user(string issuer, string subject, string otherIssuer, string otherSubject)
    {
        Assert.Equal(issuer + subject, otherIssuer + otherSubject);
        Assert.NotEqual(UserId.Of(issuer, subject), UserId.Of(otherIssuer, otherSubject));
    }

    /// <summary>The value is the SHA-256 of "14:https://a.testalice" with version and variant set. It is stored.</summary>
    [Fact]
    public void The_id_of_a_user_never_changes() =>
        Assert.Equal(Guid.Parse("cf79656b-d738-84ed-880a-6fefe5bdd817"), UserId.Of("https://a.test", "alice").Value);

    [Theory]
    [InlineData("https://a.test", "")]
    [InlineData("https://a.test", "  ")]
    [InlineData("", "alice")]
    public void Nobody_is_no_user(string issuer, string subject) =>
        Assert.Throws<ArgumentException>(() => UserId.Of(issuer, subject));
}
