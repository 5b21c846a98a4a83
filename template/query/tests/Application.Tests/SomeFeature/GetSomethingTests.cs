using Application.SomeFeature;

namespace Application.Tests.SomeFeature;

public sealed class GetSomethingTests : IAsyncDisposable
{
    private static readonly UserId s_user = UserId.Of("https://a.test", "alice");

    /// <summary>Add fakes of the ports that the handler takes.</summary>
    private readonly UseCases _useCases = new(_ => { });

    public ValueTask DisposeAsync() => _useCases.DisposeAsync();

    [Fact]
    public async Task GetSomething_answers_and_commits_nothing()
    {
        var result = await _useCases.SendAsync(new GetSomething(s_user, Page.DefaultLimit));

        Assert.Equal(s_user.Value, result.Value.User);
        Assert.Equal(0, _useCases.Commits);
    }

    [Fact]
    public async Task GetSomething_with_a_limit_out_of_range_is_refused()
    {
        var result = await _useCases.SendAsync(new GetSomething(s_user, Limit: 0));

        Assert.Equal("limit", Assert.Single(result.Errors).FieldName());
    }
}
