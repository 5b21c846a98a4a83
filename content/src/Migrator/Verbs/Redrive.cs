using Infrastructure.Sagas;

namespace Migrator.Verbs;

internal sealed class Redrive(RedriveRun run) : IVerb
{
    public string Name => "redrive";

    public string Usage => """
        redrive <saga id>
              send a saga that is dead on from where it is. Exit code 5: there is no dead saga with that id
        """;

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is [var id] && Guid.TryParse(id, out var saga))
        {
            return (int)await run.RunAsync(saga, cancellationToken);
        }

        Console.Error.WriteLine("redrive needs the id of a saga.");
        return IVerb.WrongUsage;
    }
}
