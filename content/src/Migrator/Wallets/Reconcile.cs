namespace Migrator.Wallets;

internal sealed class Reconcile(IConfiguration configuration) : IVerb
{
    public string Name => "reconcile";

    public string Usage => """
        reconcile [--bucket <number>]
              compare what wallets hold with their entries, and the legs of each transfer with each other. Exit code 5: some differ
        """;

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        int? bucket = null;
        if (arguments is ["--bucket", var text]
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < Bucket.Count)
        {
            bucket = number;
        }
        else if (arguments.Length > 0)
        {
            Console.Error.WriteLine("reconcile takes nothing, or --bucket with the number of a bucket.");
            return IVerb.WrongUsage;
        }

        return (int)await new Reconciliation(configuration).RunAsync(bucket, Console.WriteLine, cancellationToken);
    }
}
