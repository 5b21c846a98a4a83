using System.Reflection;

namespace LocalHost;

/// <summary>Paths known since the build; LocalHost.csproj writes them into the assembly.</summary>
internal static class SolutionPaths
{
    public static string Solution => Get("SolutionDirectory");

    /// <summary>Assembly of a project that LocalHost starts, such as <c>Api</c>.</summary>
    public static string Assembly(string project)
    {
        var path = Get(project);
        return File.Exists(path) ? path : throw new LocalHostException($"{path} is missing. Build the solution again.");
    }

    private static string Get(string name) =>
        typeof(SolutionPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == name).Value!;
}
