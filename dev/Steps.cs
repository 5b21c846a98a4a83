using System.Diagnostics;
using Spectre.Console;

namespace Colonnade.Dev;

/// <summary>
/// Shows what is being done and for how long: a spinner with the last line of output on a terminal, plain lines when the
/// output goes to a file or a pipe.
/// </summary>
public sealed class Steps(IAnsiConsole console)
{
    /// <summary>How the line of a finished step begins.</summary>
    public const string Done = "ok  ";

    /// <summary>How the line of a step that failed begins.</summary>
    public const string Failed = "failed";

    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(30);

    /// <param name="work">Gets an action that shows a line of detail.</param>
    public Task RunAsync(string title, Func<Action<string>, Task> work) => RunAsync(title, async detail =>
    {
        await work(detail);
        return "";
    });

    /// <summary>For a step that makes something.</summary>
    public async Task<T> MakeAsync<T>(string title, Func<Task<T>> work)
    {
        T made = default!;
        await RunAsync(title, async _ => { made = await work(); });
        return made;
    }

    /// <param name="work">Gets an action that shows a line of detail; its result is shown beside the title.</param>
    public async Task<string> RunAsync(string title, Func<Action<string>, Task<string>> work)
    {
        var started = Stopwatch.GetTimestamp();
        var last = "";
        try
        {
            var running = work(line => last = line);
            var result = console.Profile.Capabilities.Interactive
                ? await console.Status().StartAsync(title, status => SpinAsync(status, running))
                : await WaitAsync(running);
            console.MarkupLineInterpolated($"[green]{Done}[/]  {title}  {result}  [grey]{Elapsed()}[/]");
            return result;
        }
        catch (OperationCanceledException)
        {
            throw;
        }
        catch
        {
            console.MarkupLineInterpolated($"[red]{Failed}[/]  {title}  [grey]{Elapsed()}[/]");
            throw;
        }

        async Task<string> SpinAsync(StatusContext status, Task<string> running)
        {
            while (await Task.WhenAny(running, Task.Delay(200)) != running)
            {
                status.Status($"{Markup.Escape(title)} [grey]{Elapsed()}  {Markup.Escape(Shorten(last))}[/]");
            }

            return await running;
        }

        async Task<string> WaitAsync(Task<string> running)
        {
            console.MarkupLineInterpolated($"...   {title}");
            while (await Task.WhenAny(running, Task.Delay(s_heartbeat)) != running)
            {
                console.MarkupLineInterpolated($"      {title}: {Elapsed()} so far  {Shorten(last)}");
            }

            return await running;
        }

        string Elapsed() => FormattableString.Invariant($"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
    }

    /// <summary>Part of a line, so that it stays on one line of the terminal.</summary>
    private static string Shorten(string line) => line.Length <= 80 ? line.Trim() : $"{line[..80].Trim()}…";
}
