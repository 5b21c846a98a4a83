using System.CommandLine;
using System.CommandLine.Parsing;

namespace Migrator;

/// <summary>Whole numbers of the command line.</summary>
internal static class WholeNumber
{
    public static Argument<int> BucketArgument() =>
        new("bucket") { Description = "number of a bucket", CustomParser = result => Parse(result, 0) };

    public static Option<int> SecondsOption(string name, int usual, int least, string description) => new(name)
    {
        Description = description,
        HelpName = "seconds",
        DefaultValueFactory = _ => usual,
        CustomParser = result => Parse(result, least),
    };

    public static int Parse(ArgumentResult result, int least)
    {
        var text = result.Tokens[0].Value;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least)
        {
            var name = (result.Parent as OptionResult)?.Option.Name ?? result.Argument.Name;
            result.AddError($"{name} cannot be '{text}': it is a whole number of at least {least}.");
        }

        return number;
    }
}
