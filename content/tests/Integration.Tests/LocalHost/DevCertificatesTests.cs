using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;

namespace Integration.Tests.LocalHost;

public sealed class DevCertificatesTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Location => _directory["certificates"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_servers_certificate_has_every_name_that_clients_use()
    {
        DevCertificates.Ensure(Location);
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(Location, "server.crt"));
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();

        Assert.Equal(
            ["localhost", "postgres", "postgres.dev.internal", "postgres-replica", "postgres-replica.dev.internal"],
            names.EnumerateDnsNames());
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], names.EnumerateIPAddresses());
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Only_the_user_may_read_them_and_the_authoritys_key_is_not_kept()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        DevCertificates.Ensure(Location);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Location));
        Assert.Equal(["ca.crt", "server.crt", "server.key"],
            Directory.GetFiles(Location).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(
            Directory.GetFiles(Location),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal([Location], Directory.GetDirectories(_directory.Path));
    }

    [Fact]
    public void They_are_kept_until_a_month_before_they_expire()
    {
        DevCertificates.Ensure(Location);
        var first = Read();

        DevCertificates.Ensure(Location, new ClockAhead(TimeSpan.FromDays(330)));
        Assert.Equal(first, Read());

        DevCertificates.Ensure(Location, new ClockAhead(TimeSpan.FromDays(340)));
        Assert.NotEqual(first, Read());
    }

    [Theory]
    [InlineData("ca.crt")]
    [InlineData("server.crt")]
    [InlineData("server.key")]
    public void A_set_that_does_not_fit_together_is_made_anew(string replaced)
    {
        DevCertificates.Ensure(Location);
        DevCertificates.Ensure(_directory["other"]);
        File.Copy(Path.Combine(_directory["other"], replaced), Path.Combine(Location, replaced), overwrite: true);
        var mixed = Read();

        DevCertificates.Ensure(Location);
        var repaired = Read();
        Assert.Empty(mixed.Intersect(repaired));

        DevCertificates.Ensure(Location);
        Assert.Equal(repaired, Read());
    }

    private string[] Read() =>
        [.. Directory.GetFiles(Location).Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    private sealed class ClockAhead(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
