namespace Architecture.Tests;

public sealed class HandlerTests
{
    [Fact]
    public void Handlers_are_sealed_and_internal() => Rule.Holds(
        Solution.TypesWhere(Messages.IsHandler, Solution.Layers),
        "A use case is used by sending its message, never by calling or extending its handler.",
        type => (type.IsSealed, type.IsPublic || type.IsNestedPublic) switch
        {
            (true, false) => [],
            (true, true) => [$"{type.FullName} is public."],
            (false, false) => [$"{type.FullName} is not sealed."],
            (false, true) => [$"{type.FullName} is public and not sealed."],
        });

    /// <summary>The pipeline's behaviours apply to messages that are answered with ErrorOr; it sends others past them.</summary>
    [Fact]
    public void Commands_are_answered_with_ErrorOr() => Rule.Holds(
        Solution.TypesWhere(Messages.IsMessage, Solution.Layers),
        "A command that is not answered with ErrorOr is neither validated nor committed.",
        type =>
            from answer in Messages.AnswersOf(type)
            where Messages.IsCommand(type) && answer.Namespace != "ErrorOr"
            select $"{type.FullName} is answered with {answer.FullName}.");
}
