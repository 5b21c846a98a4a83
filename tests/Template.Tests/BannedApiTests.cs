using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>What <c>BannedSymbols.txt</c> bans does not build.</summary>
[Trait(Part.Trait, Part.Items)]
public sealed class BannedApiTests(Generator generator)
{
    private const string Planted = """
        using Microsoft.EntityFrameworkCore;
        using Npgsql;
        using Platform.Databases;

        namespace Infrastructure.Planted;

        internal static class Planted
        {
            public static async Task WriteAsync(
                NpgsqlTransaction transaction, System.Data.Common.DbTransaction other, ShardContext context)
            {
                transaction.Commit();
                await transaction.CommitAsync();
                other.Commit();
                await other.CommitAsync();
                context.Database.CommitTransaction();
                await context.Database.CommitTransactionAsync();
                context.Set<object>().ExecuteDelete();
                await context.Set<object>().ExecuteDeleteAsync();
                context.Set<object>().ExecuteUpdate(set => { });
                await context.Set<object>().ExecuteUpdateAsync(set => { });
            }
        }
        """;

    [Fact]
    public async Task Each_banned_call_is_an_error()
    {
        var solution = await generator.GenerateAsync(Flavours.WithoutAspire);
        var banned = File.ReadAllLines(solution.File("BannedSymbols.txt")).Length;
        using var planted = solution.Plant("src/Infrastructure/Planted/Planted.cs", Planted);

        var refused = await Assert.ThrowsAsync<CommandFailedException>(
            () => solution.BuildAsync(_ => { }, TestContext.Current.CancellationToken, "src/Infrastructure"));
        Assert.Equal(
            banned,
            refused.Outcome.Output.Select(line => line.Trim())
                .Where(line => line.Contains("error RS0030", StringComparison.Ordinal)).Distinct().Count());
    }
}
