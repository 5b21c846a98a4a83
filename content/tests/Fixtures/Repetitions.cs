namespace Fixtures;

/// <summary>How often a test repeats what only adds confidence: more often with <c>TEST_THOROUGH=1</c>.</summary>
internal static class Repetitions
{
    public static int Of(int usual, int thorough) =>
        Environment.GetEnvironmentVariable("TEST_THOROUGH") == "1" ? thorough : usual;
}
