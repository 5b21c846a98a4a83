using System.Text.Json;
using Application.Sagas;

namespace Application.Tests.Sagas;

/// <summary>Does what the engine does when nothing goes wrong with the machines: the steps in order, or the way back.</summary>
internal static class SagaByHand
{
    /// <returns>Why it was undone; null when every step was done.</returns>
    public static async Task<Error?> FinishAsync(this UseCases useCases, StartedSaga started)
    {
        var saga = (ISaga)Activator.CreateInstance(started.Saga)!;

        // The engine stores the data as JSON, so a step sees what came through that.
        var data = JsonSerializer.Deserialize(JsonSerializer.Serialize(started.Data, saga.DataType), saga.DataType)!;
        for (var step = 1; step < saga.Steps.Count; step++)
        {
            if (await useCases.SendAsync(saga.Steps[step].Effect(data)!) is { IsError: true, FirstError: var why })
            {
                foreach (var done in saga.Steps.Take(step).Reverse())
                {
                    if (done.Compensation(data, why) is { } compensation)
                    {
                        Assert.False((await useCases.SendAsync(compensation)).IsError);
                    }
                }

                return why;
            }
        }

        return null;
    }
}
