using System.CommandLine;

namespace Migrator.Wallets;

internal sealed class Reconcile : Command
{
    public Reconcile(IConfiguration configuration)
        : base("reconcile", "Compare wallets with their entries, and the legs of each transfer. Exit code 5: some differ")
    {
        var bucket = new Option<int?>("--bucket")
        {
            Description = "only this bucket",
            HelpName = "number",
            CustomParser = result => WholeNumber.Parse(result, 0),
        };
        bucket.Validators.Add(result =>
        {
            if (result.GetValue(bucket) >= Bucket.Count)
            {
                result.AddError($"There is no bucket {result.GetValue(bucket)}: they are 0 to {Bucket.Count - 1}.");
            }
        });
        Add(bucket);
        SetAction(async (parsed, cancellationToken) =>
            (int)await new Reconciliation(configuration).RunAsync(parsed.GetValue(bucket), Console.WriteLine, cancellationToken));
    }
}
