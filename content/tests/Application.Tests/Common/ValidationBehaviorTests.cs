using FluentValidation;

namespace Application.Tests.Common;

public sealed class ValidationBehaviorTests
{
    [Fact]
    public async Task A_message_that_is_not_valid_does_not_reach_its_handler()
    {
        var (answer, reached) = await SendAsync(new Rename("", 0), new RenameValidator());

        Assert.True(answer.IsError);
        Assert.False(reached);
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_with_the_field_as_JSON_calls_it()
    {
        var (answer, _) = await SendAsync(new Rename("", 0), new RenameValidator());

        Assert.All(answer.Errors, error => Assert.Equal(ErrorType.Validation, error.Type));
        Assert.Equal(["newName", "timesUsed"], answer.Errors.Select(error => error.FieldName()));
    }

    [Fact]
    public async Task All_validators_of_a_message_are_asked()
    {
        var strict = new InlineValidator<Rename>();
        strict.RuleFor(message => message.NewName).MaximumLength(3);

        var (answer, _) = await SendAsync(new Rename("longer", 0), new RenameValidator(), strict);

        Assert.Equal(["timesUsed", "newName"], answer.Errors.Select(error => error.FieldName()));
    }

    [Fact]
    public async Task A_valid_message_gets_the_answer_of_its_handler()
    {
        var (answer, reached) = await SendAsync(new Rename("name", 1), new RenameValidator());

        Assert.True(reached);
        Assert.Equal(7, answer.Value);
    }

    [Fact]
    public async Task A_message_without_a_validator_is_valid()
    {
        var (answer, _) = await SendAsync(new Rename("", 0));

        Assert.Equal(7, answer.Value);
    }

    private static async Task<(ErrorOr<int> Answer, bool Reached)> SendAsync(
        Rename message, params IValidator<Rename>[] validators)
    {
        var reached = false;
        var behavior = new ValidationBehavior<Rename, ErrorOr<int>>(validators);
        var answer = await behavior.Handle(
            message,
            (_, _) =>
            {
                reached = true;
                return new(7);
            },
            TestContext.Current.CancellationToken);
        return (answer, reached);
    }

    /// <summary>Not an ICommand: the source generator would look for its handler.</summary>
    private sealed record Rename(string NewName, int TimesUsed) : IMessage;

    private sealed class RenameValidator : AbstractValidator<Rename>
    {
        public RenameValidator()
        {
            RuleFor(message => message.NewName).NotEmpty();
            RuleFor(message => message.TimesUsed).GreaterThan(0);
        }
    }
}
