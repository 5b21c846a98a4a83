using Domain.Payees;
using ErrorOr;

namespace Domain.Tests.Payees;

public sealed class HandleTests
{
    [Theory]
    [InlineData("bob")]
    [InlineData("a-1")]
    [InlineData("alice-b2")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123")]
    public void A_short_name_in_small_letters_is_a_handle(string text) => Assert.Equal(text, Handle.From(text).Value.Value);

    [Theory]
    [InlineData("")]
    [InlineData("me")]
    [InlineData("Bob")]
    [InlineData("1bob")]
    [InlineData("-bob")]
    [InlineData("bob-")]
    [InlineData("bob b")]
    [InlineData("bob\n")]
    [InlineData("böb")]
    [InlineData("bob１")]
    [InlineData("abcdefghijklmnopqrstuvwxyz01234")]
    public void Anything_else_is_not(string text) => Assert.Equal(ErrorType.Validation, Handle.From(text).FirstError.Type);

    [Fact]
    public void No_id_is_a_handle_however_it_is_written() => Gen.Guid.Sample(id =>
        ((string[])["D", "N", "B", "P", "X"]).All(format => Handle.From(id.ToString(format)).IsError));

    [Fact]
    public void The_same_text_is_the_same_handle() => Assert.Equal(Handle.From("bob").Value, Handle.From("bob").Value);
}
