using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Platform.Databases;

/// <summary>
/// A migration: a <c>.sql</c> file beside its feature, embedded in its assembly. Its name says its place in the order and
/// which databases have it: <c>0011_wallets.shard.sql</c>, with <c>directory</c>, <c>shard</c> or <c>all</c>.
/// </summary>
internal sealed partial record MigrationFile(int Number, string Name, string Sql)
{
    /// <summary>The first line of a file whose statements cannot run in a transaction.</summary>
    private const string NoTransaction = "-- no transaction";

    private static readonly Lazy<IReadOnlyList<MigrationFile>> Embedded = new(() => InOrder(Read()));

    /// <summary>All of this build, by number.</summary>
    /// <exception cref="FormatException">A name has another form, or two files have one number.</exception>
    public static IReadOnlyList<MigrationFile> All => Embedded.Value;

    public bool HasTransaction { get; } = !Sql.StartsWith(NoTransaction, StringComparison.Ordinal);

    /// <summary>SHA-256. Spaces at line ends and the form of line ends do not count, since editors and git change them.</summary>
    public string Checksum { get; } = Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Sql.Split('\n').Select(line => line.TrimEnd())).TrimEnd())));

    /// <exception cref="FormatException">The name has another form.</exception>
    public static MigrationFile Of(string name, string sql) => NameForm().Match(name) is { Success: true } match
        ? new(int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture), name, sql)
        : throw new FormatException(
            $"'{name}' is not the name of a migration. It has a number, a name and the databases (directory, shard or all), "
            + "such as 0011_wallets.shard.sql.");

    public static IReadOnlyList<MigrationFile> InOrder(IEnumerable<MigrationFile> files)
    {
        var ordered = files.OrderBy(file => file.Number).ThenBy(file => file.Name, StringComparer.Ordinal).ToArray();
        foreach (var (file, next) in ordered.Zip(ordered.Skip(1)).Where(pair => pair.First.Number == pair.Second.Number))
        {
            throw new FormatException(
                $"{file.Name} and {next.Name} have the same number. The next that is free is {ordered[^1].Number + 1:D4}.");
        }

        return ordered;
    }

    /// <param name="database">Name of its connection string.</param>
    public bool IsFor(string database) => NameForm().Match(Name).Groups["databases"].Value switch
    {
        "all" => true,
        "directory" => database == DatabaseNames.Directory,
        _ => database != DatabaseNames.Directory,
    };

    /// <summary>Each ends with a semicolon at the end of a line. Those between two <c>$$</c> belong to one statement.</summary>
    public IEnumerable<string> Statements()
    {
        var (statement, isBody) = (new StringBuilder(), false);
        foreach (var line in Sql.Split('\n').Select(line => line.TrimEnd()).Where(line => !IsComment(line, isBody)))
        {
            statement.Append(line).Append('\n');
            isBody ^= line.Split("$$").Length % 2 == 0;
            if (!isBody && line.EndsWith(';'))
            {
                yield return statement.ToString();
                statement.Clear();
            }
        }

        if (statement.Length > 0)
        {
            yield return statement.ToString();
        }

        static bool IsComment(string line, bool isBody) =>
            !isBody && (line.Length == 0 || line.TrimStart().StartsWith("--", StringComparison.Ordinal));
    }

    private static IEnumerable<MigrationFile> Read()
    {
        var files =
            from assembly in Scanned.Assemblies
            from name in assembly.GetManifestResourceNames()
            where name.EndsWith(".sql", StringComparison.Ordinal)
            select (assembly, name);
        foreach (var (assembly, name) in files)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return Of(name, reader.ReadToEnd());
        }
    }

    [GeneratedRegex(@"^(?<number>\d{4,9})_[a-z0-9_]+\.(?<databases>directory|shard|all)\.sql$")]
    private static partial Regex NameForm();
}
