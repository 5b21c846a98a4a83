namespace Api.Common;

internal static class ServerTiming
{
    /// <summary>Answers tell where they came from: <c>Server-Timing: db;desc="replica"</c>. For development.</summary>
    public static void UseServerTiming(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            var sources = context.RequestServices.GetRequiredService<AnswerTrail>().Sources;
            if (sources.Count > 0)
            {
                context.Response.Headers["Server-Timing"] =
                    string.Join(", ", sources.Select(source => $"{source.Metric};desc=\"{source.Description}\""));
            }

            return Task.CompletedTask;
        });
        return next(context);
    });
}
