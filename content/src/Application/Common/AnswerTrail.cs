namespace Application.Common;

/// <summary>Where the answer to the current request came from, for the <c>Server-Timing</c> header. One per request.</summary>
public sealed class AnswerTrail
{
    private readonly List<(string Metric, string Description)> _sources = [];

    public IReadOnlyList<(string Metric, string Description)> Sources => _sources;

    /// <param name="metric">What was asked, such as <c>db</c>.</param>
    /// <param name="description">Who answered, such as <c>replica</c>.</param>
    public void Add(string metric, string description)
    {
        if (!_sources.Contains((metric, description)))
        {
            _sources.Add((metric, description));
        }
    }
}
