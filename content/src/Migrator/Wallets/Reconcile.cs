using System.Globalization;
using Infrastructure.Wallets;
using Migrator.Verbs;
using Npgsql;

namespace Migrator.Wallets;

internal sealed class Reconcile(IConfiguration configuration) : IVerb
{
    private const int Different = 5;
    private const int MaxLines = 1_000;

    public string Name => "reconcile";

    public string Usage => """
        reconcile [--bucket <number>]
              compare what wallets hold with their entries, and the legs of each transfer with each other. Exit code 5: some differ
        """;

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        int? bucket = null;
        if (arguments is ["--bucket", var text]
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < Domain.Common.Bucket.Count)
        {
            bucket = number;
        }
        else if (arguments.Length > 0)
        {
            Console.Error.WriteLine("reconcile takes nothing, or --bucket with the number of a bucket.");
            return IVerb.WrongUsage;
        }

        try
        {
            var count = 0;
            await foreach (var difference in new Reconciliation(configuration).DifferencesAsync(bucket, cancellationToken))
            {
                Console.WriteLine(difference);
                if (++count == MaxLines)
                {
                    Console.WriteLine("There may be more.");
                    break;
                }
            }

            Console.WriteLine(count == 0 ? "Nothing differs." : $"{count} differences.");
            return count == 0 ? 0 : Different;
        }
        catch (InvalidOperationException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 2;
        }
        catch (NpgsqlException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return exception is PostgresException ? 1 : 3;
        }
    }
}
