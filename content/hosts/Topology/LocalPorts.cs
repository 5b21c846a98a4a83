namespace Topology;

/// <summary>
/// TCP ports on loopback that LocalHost listens on unless told otherwise; chosen when the solution was generated.
/// </summary>
public static class LocalPorts
{
    public const int Primary = 15432;
    public const int Replica = 15433;
    public const int Redis = 16379;
    public const int Api = 5180;
}
