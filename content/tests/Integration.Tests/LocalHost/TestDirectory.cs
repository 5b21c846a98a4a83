namespace Integration.Tests.LocalHost;

/// <summary>A directory that is deleted after the test. Others may enter it, as the user postgres must for root's tests.</summary>
public sealed class TestDirectory : IDisposable
{
    public TestDirectory() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"localhost-{System.IO.Path.GetRandomFileName()}");

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
