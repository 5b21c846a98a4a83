
namespace Fixtures;

/// <summary>A directory that is deleted after the test.</summary>
public sealed class TestDirectory : IDisposable
{
    public string Path { get; } = RunDirectory.New("directory");

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
