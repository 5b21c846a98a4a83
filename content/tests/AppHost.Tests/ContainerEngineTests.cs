namespace AppHost.Tests;

/// <summary>Answers of <c>dcp info</c>, as they came.</summary>
public sealed class ContainerEngineTests
{
    [Theory]
    [InlineData(
        """{"runtime":"docker","installed":true,"running":true}""",
        null)]
    [InlineData(
        """
        {"runtime":"docker","installed":false,"running":false,
         "error":"exec: \"docker\": executable file not found in $PATH\nfailed to start Docker command 'Version'"}
        """,
        "docker is not installed.")]
    [InlineData(
        """
        {"runtime":"docker","installed":true,"running":false,
         "error":"docker command 'ListNetworks' returned an error\nCannot connect. Is the docker daemon running?"}
        """,
        "Cannot connect. Is the docker daemon running?")]
    [InlineData(
        """
        {"runtime":"docker","installed":true,"running":false,
         "error":"docker CLI version 20.10.24 is not supported; DCP requires Docker CLI version 25.0.0 or newer"}
        """,
        "docker CLI version 20.10.24 is not supported; DCP requires Docker CLI version 25.0.0 or newer.")]
    public void What_is_wrong_with_an_engine_is_said_in_one_sentence(string containers, string? problem) =>
        Assert.Equal(
            new ContainerEngine("docker", problem),
            ContainerEngine.Parse($$"""{"version":"0.26.6","containers":{{containers}}}"""));
}
