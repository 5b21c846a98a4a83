using System.Globalization;

namespace Colonnade.Dev.Bench;

/// <param name="Rows">Only those whose key is among them; empty for all.</param>
/// <param name="Write">Whether docs/performance gets the result.</param>
public sealed record BenchOptions(IReadOnlyList<string> Rows, int Rounds, double Seconds, bool Write)
{
    /// <summary>Null when they are not right.</summary>
    public static BenchOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchOptions([], Rounds: 5, Seconds: 4, Write: false);
        for (var i = 0; i < arguments.Count; i++)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--write":
                    options = options with { Write = true };
                    continue;
                case "--rows" when value.Length > 0 && value.Split(',').All(BenchCommand.Keys.Contains):
                    options = options with { Rows = value.Split(',') };
                    break;
                case "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds > 0:
                    options = options with { Rounds = rounds };
                    break;
                case "--seconds" when double.TryParse(value, CultureInfo.InvariantCulture, out var seconds) && seconds > 0:
                    options = options with { Seconds = seconds };
                    break;
                default:
                    return null;
            }

            i++;
        }

        return options;
    }
}
