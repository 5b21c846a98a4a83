using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;

namespace Colonnade.Dev.Bench;

internal static class BenchReport
{
    public static void Print(IReadOnlyList<Row> rows, IAnsiConsole console)
    {
        var table = new Table().AddColumns("row", "median", "lowest", "highest", "goal", "");
        foreach (var row in rows)
        {
            table.AddRow(
                Markup.Escape(row.Name), row.Median.Text(row.Format), row.Ratio.Min().Text(row.Format), row.Ratio.Max().Text(row.Format),
                row.GoalText, row.Verdict);
        }

        console.WriteLine();
        console.Write(table);
        foreach (var row in rows.Where(row => row.Details.Count > 0))
        {
            console.WriteLine($"\n{row.Name}");
            foreach (var line in row.Details)
            {
                console.WriteLine($"  {line}");
            }
        }

        console.WriteLine($"\n{Machine}");
    }

    public static string Markdown(IReadOnlyList<Row> rows, BenchOptions options)
    {
        var text = new StringBuilder();
        text.AppendLine("# Performance");
        text.AppendLine();
        text.AppendLine("Written by `dotnet dev.cs bench --write`. Every figure is a ratio of two that took turns on one machine, the median");
        text.AppendLine(CultureInfo.InvariantCulture, $"of {options.Rounds} rounds of {options.Seconds:0.#} s; absolute figures are there to tell the order of magnitude. Both sides talk TLS to the servers.");
        text.AppendLine("The starts and the numbers of shards are measured one after the other.");
        text.AppendLine("What was looked into where a goal is missed is in [where the rest goes](profile.md).");
        text.AppendLine();
        text.AppendLine(Machine);
        text.AppendLine();
        text.AppendLine("| | median | lowest | highest | goal | |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {row.Name} | {row.Median.Text(row.Format)} | {row.Ratio.Min().Text(row.Format)} | {row.Ratio.Max().Text(row.Format)} | {row.GoalText} | {row.Verdict} |");
        }

        foreach (var row in rows.Where(row => row.Details.Count > 0))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"\n**{row.Name}**\n");
            foreach (var line in row.Details)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"- {line}");
            }
        }

        return text.ToString();
    }

    private static string Machine =>
        $"Machine: {Environment.ProcessorCount} processors for load, API and servers together, "
        + $"{(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30)).Text("0")} GiB, {RuntimeInformation.OSDescription}, "
        + $"{RuntimeInformation.FrameworkDescription}.";
}
