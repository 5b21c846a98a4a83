namespace Architecture.Tests;

internal static class Graph
{
    /// <summary>A shortest way of at least one step; the start is its first element. Null when the goal is not reached.</summary>
    public static IReadOnlyList<string>? ShortestPath(
        string start, Func<string, IEnumerable<string>> next, Func<string, bool> isGoal)
    {
        var reachedFrom = new Dictionary<string, string>();
        var queue = new Queue<string>([start]);
        while (queue.TryDequeue(out var node))
        {
            foreach (var neighbour in next(node).Where(neighbour => reachedFrom.TryAdd(neighbour, node)))
            {
                if (isGoal(neighbour))
                {
                    return Back(neighbour);
                }

                queue.Enqueue(neighbour);
            }
        }

        return null;

        List<string> Back(string goal)
        {
            List<string> path = [goal];
            do
            {
                path.Insert(0, reachedFrom[path[0]]);
            }
            while (path[0] != start);

            return path;
        }
    }
}
