using Application.Sagas;
using Platform.Sagas;

namespace Platform.Tests.Sagas;

/// <summary>
/// An exception at a point stands for the end of the process there: what was not committed is gone, and somebody comes
/// and goes on. Ending processes for real is for the tests of the whole bank.
/// </summary>
[Collection(nameof(TestSagas))]
public sealed class SagaCrashTests(SagaFixture fixture) : IClassFixture<SagaFixture>, IAsyncLifetime
{
    private static readonly SagaPoint[] OnOtherShard =
        [SagaPoint.BeforeEffect, SagaPoint.AfterEffect, SagaPoint.AfterStepCommit, SagaPoint.BeforeAdvance,
            SagaPoint.AfterAdvance];

    private static readonly SagaPoint[] OnOwnShard = [SagaPoint.BeforeEffect, SagaPoint.AfterEffect, SagaPoint.AfterAdvance];

    private static readonly SagaPoint[] Refused =
        [SagaPoint.BeforeRefusal, SagaPoint.AfterRefusal, SagaPoint.BeforeAdvance, SagaPoint.AfterAdvance];

    private SagaService? _service;

    /// <summary>Step, whether the settling is refused, point.</summary>
    public static TheoryData<string, bool, SagaPoint> Cuts => new(
    [
        ("give", false, SagaPoint.Started),
        ("give", false, SagaPoint.Claimed),
        .. OnOtherShard.Select(point => ("give", false, point)),
        .. OnOwnShard.Select(point => ("settle", false, point)),
        .. Refused.Select(point => ("settle", true, point)),
        .. OnOtherShard.Select(point => ("give:undo", true, point)),
        .. OnOwnShard.Select(point => ("take:undo", true, point)),
    ]);

    public ValueTask InitializeAsync()
    {
        _service = new SagaService(fixture.Databases, ("Sagas:LeaseSeconds", "0.5"), ("Sagas:PollMilliseconds", "50"));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync() => await _service!.DisposeAsync();

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_run_that_is_cut_off_ends_right_with_each_effect_once(string step, bool isRefused, SagaPoint at)
    {
        var service = _service!;
        service.Script.Play = Script.Refusing(isRefused ? "settle" : "nothing");
        var cuts = new HashSet<(SagaPoint, string)> { (at, step), (Before(at, step) ?? at, step) };
        using var points = new Points((point, where) =>
        {
            lock (cuts)
            {
                if (cuts.Remove((point, where.Replace("undoable/", "", StringComparison.Ordinal))))
                {
                    throw new CutOffException();
                }
            }
        });
        var run = SagaService.NewData();
        try
        {
            await service.StartAsync<UndoableSaga>(run);
        }
        catch (CutOffException) when (at is SagaPoint.Started or SagaPoint.Claimed)
        {
        }

        await service.UntilAsync(run, isRefused ? SagaStatus.Compensated : SagaStatus.Completed);
        Assert.Equal(isRefused ? Script.Undone : "take, give, settle", await service.EffectsAsync(run));

        // The last point is reached after the state that the test waits for is stored.
        await service.StopAsync();
        Assert.Empty(cuts);
    }

    /// <summary>Where a run is cut off that only then comes to a point.</summary>
    private static SagaPoint? Before(SagaPoint at, string step) => at switch
    {
        SagaPoint.Claimed => SagaPoint.Started,
        // What goes well is stored with the next step, which is on the run's own shard.
        SagaPoint.BeforeAdvance or SagaPoint.AfterAdvance when step is "give" or "give:undo" => SagaPoint.AfterStepCommit,
        _ => null,
    };

    private sealed class CutOffException : Exception;
}
