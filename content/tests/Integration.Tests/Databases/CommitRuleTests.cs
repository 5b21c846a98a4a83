using System.Text.RegularExpressions;
using LocalHost;

namespace Integration.Tests.Databases;

/// <summary>Nothing cancels a COMMIT: while it waits for a synchronous standby, the server would report success.</summary>
public sealed partial class CommitRuleTests
{
    [Fact]
    public void No_COMMIT_is_given_a_token()
    {
        var files = Directory.EnumerateFiles(Path.Combine(SolutionPaths.Solution, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(files);

        Assert.Empty(files.SelectMany(file => Cancellable(File.ReadAllText(file)).Select(commit => $"{file}: {commit}")));
    }

    [Theory]
    [InlineData("await transaction.CommitAsync(cancellationToken);", true)]
    [InlineData("await transaction.CommitAsync();", true)]
    [InlineData("await context.Database.CommitTransactionAsync(stopping);", true)]
    [InlineData("transaction.Commit();", true)]
    [InlineData("await transaction.CommitAsync(CancellationToken.None);", false)]
    [InlineData("await writer.CommitAsync(cancellationToken);", false)]
    public void One_that_is_is_found(string code, bool isFound) => Assert.Equal(isFound, Cancellable(code).Any());

    private static IEnumerable<string> Cancellable(string code) => Commit().Matches(code).Select(match => match.Value);

    /// <summary>The unit of work's own method takes a token for the changes that it writes before.</summary>
    [GeneratedRegex(@"(?<!writer|unitOfWork)\.(CommitAsync|CommitTransactionAsync|CommitTransaction|Commit)\((?!CancellationToken\.None\))")]
    private static partial Regex Commit();
}
