using System.Globalization;
using Spectre.Console;

namespace Colonnade.Dev.Chaos;

/// <param name="Minutes">How long to go on with new rounds.</param>
/// <param name="Seed">Of the first round.</param>
public sealed record ChaosOptions(double Minutes, int Seed)
{
    /// <summary>Null when they are not right.</summary>
    public static ChaosOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new ChaosOptions(10, Random.Shared.Next(1_000_000));
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out var minutes) && minutes >= 0:
                    options = options with { Minutes = minutes };
                    break;
                case "--seed" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed):
                    options = options with { Seed = seed };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}

/// <summary>
/// The bank test of a generated service, for long: people move money while servers, instances and connections break in
/// every way that the test knows. And a kill at each saga point, once for each way on from there.
/// </summary>
public static class ChaosCommand
{
    private const string Project = "tests/Platform.Tests";

    /// <summary>How the lines begin that the test writes for this program.</summary>
    private const string Prefix = "bank: ";

    /// <returns>Exit code: 0 when every invariant held.</returns>
    public static async Task<int> RunAsync(ChaosOptions options, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var steps = new Steps(console);
        await Prerequisites.EnsureAsync(steps, text => console.MarkupLineInterpolated($"{text}"), cancellationToken);

        TemplatePackage? package = null;
        GeneratedSolution? solution = null;
        try
        {
            await steps.RunAsync(
                "Pack the template and install it into a throw-away hive",
                async line => package = await TemplatePackage.PackAndInstallAsync(line, cancellationToken));
            await steps.RunAsync(
                "dotnet new colonnade -n Contoso.Payments --aspire false",
                async line => solution = await package!.GenerateAsync(
                    new SolutionOptions("Contoso.Payments", Aspire: false) { Configuration = "Release" }, line, cancellationToken));
            await steps.RunAsync("dotnet build", line => solution!.BuildAsync(line, cancellationToken, Project));

            var outcome = await TestAsync(solution!, options, console, cancellationToken);
            if (outcome.ExitCode != 0)
            {
                console.WriteLine(string.Join('\n', outcome.Output.Where(line => !line.StartsWith(Prefix, StringComparison.Ordinal))));
            }

            console.MarkupLine(outcome.ExitCode == 0 ? "[green]Every invariant holds.[/]" : "[red]Something does not hold.[/]");
            return outcome.ExitCode == 0 ? 0 : 1;
        }
        finally
        {
            solution?.Dispose();
            package?.Dispose();
        }
    }

    private static async Task<Outcome> TestAsync(
        GeneratedSolution solution, ChaosOptions options, IAnsiConsole console, CancellationToken cancellationToken)
    {
        console.WriteLine(FormattableString.Invariant($"chaos --minutes {options.Minutes} --seed {options.Seed}"));
        return await Shell.TryAsync(
            "dotnet",
            [
                "exec", solution.Assembly(Project), "-method", "*A_seeded_bank_run_keeps_every_invariant",
                "-method", "*Every_crash_point_ends_right_within_10_s_of_restart", "-noColor", "-noLogo",
            ],
            solution.Root,
            cancellationToken,
            line =>
            {
                if (line.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    console.WriteLine($"  {line[Prefix.Length..]}");
                }
            },
            new Dictionary<string, string?>
            {
                ["BANK_MINUTES"] = options.Minutes.ToString(CultureInfo.InvariantCulture),
                ["BANK_SEED"] = options.Seed.ToString(CultureInfo.InvariantCulture),
            });
    }
}
