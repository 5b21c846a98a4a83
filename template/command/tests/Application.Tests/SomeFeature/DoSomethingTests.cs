using Application.SomeFeature;

namespace Application.Tests.SomeFeature;

public sealed class DoSomethingTests : IAsyncDisposable
{
    private static readonly UserId s_user = UserId.Of("https://a.test", "alice");

    /// <summary>Add fakes of the ports that the handler takes.</summary>
    private readonly UseCases _useCases = new(_ => { });

    public ValueTask DisposeAsync() => _useCases.DisposeAsync();

    [Fact]
    public async Task DoSomething_is_committed_when_it_succeeds()
    {
        var result = await _useCases.SendAsync(new DoSomething(s_user, "A reason"));

        Assert.False(result.IsError);
        Assert.Equal(1, _useCases.Commits);
    }

    [Fact]
    public async Task DoSomething_without_a_reason_is_refused_and_nothing_is_committed()
    {
        var result = await _useCases.SendAsync(new DoSomething(s_user, ""));

        Assert.Equal("reason", Assert.Single(result.Errors).FieldName());
        Assert.Equal(0, _useCases.Commits);
    }
}
