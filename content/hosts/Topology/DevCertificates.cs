using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Topology;

/// <summary>
/// A certificate authority for development and one certificate, signed by it, for both PostgreSQL servers. The
/// authority's key signs that certificate and is then forgotten: it is never written, so nobody can sign another.
/// </summary>
public sealed class DevCertificates
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan s_renewBefore = TimeSpan.FromDays(30);

    private DevCertificates(string directory) => Location = directory;

    /// <summary>Directory with ca.crt, server.crt and server.key.</summary>
    public string Location { get; }

    /// <summary>What a client needs to verify the servers.</summary>
    public string AuthorityFile => Path.Combine(Location, "ca.crt");

    private string CertificateFile => Path.Combine(Location, "server.crt");

    private string KeyFile => Path.Combine(Location, "server.key");

    /// <summary>Names under which clients reach a server: this machine, and Aspire's container network.</summary>
    private static IEnumerable<string> HostNames =>
    [
        "localhost",
        ResourceNames.Primary, $"{ResourceNames.Primary}.dev.internal",
        ResourceNames.Replica, $"{ResourceNames.Replica}.dev.internal",
    ];

    /// <summary>
    /// The certificates in <paramref name="directory"/>; makes them if they are missing, damaged, for other names, or
    /// within 30 days of expiry. One process at a time may ask: the hosts have <see cref="LocalDirectory"/> open.
    /// </summary>
    public static DevCertificates Ensure(string directory, TimeProvider? clock = null)
    {
        var now = (clock ?? TimeProvider.System).GetUtcNow();
        var certificates = new DevCertificates(directory);
        if (!certificates.AreUsable(now))
        {
            certificates.Make(now);
        }

        return certificates;
    }

    private bool AreUsable(DateTimeOffset now)
    {
        if (!File.Exists(AuthorityFile) || !File.Exists(CertificateFile) || !File.Exists(KeyFile))
        {
            return false;
        }

        try
        {
            using var authority = X509CertificateLoader.LoadCertificateFromFile(AuthorityFile);
            using var server = X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = (now + s_renewBefore).LocalDateTime;
            return HostNames.All(name => server.MatchesHostname(name)) && chain.Build(server);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException)
        {
            return false; // Damaged, or the key belongs to another certificate.
        }
    }

    /// <summary>If the process ends between two files, they do not fit together, and the next start makes them again.</summary>
    private void Make(DateTimeOffset now)
    {
        // A day of grace for a container's clock that runs behind.
        var (from, until) = (now.AddDays(-1), now + s_lifetime);

        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = $"CN={typeof(DevCertificates).Assembly.GetName().Name} development authority";
        var request = new CertificateRequest(subject, authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var authority = request.CreateSelfSigned(from, until);

        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = ServerRequest(serverKey, authority)
            .Create(authority, from, until, RandomNumberGenerator.GetBytes(16));

        PrivateFiles.CreateDirectory(Location);
        PrivateFiles.Write(AuthorityFile, authority.ExportCertificatePem());
        PrivateFiles.Write(CertificateFile, server.ExportCertificatePem());
        PrivateFiles.Write(KeyFile, serverKey.ExportPkcs8PrivateKeyPem());
    }

    private static CertificateRequest ServerRequest(ECDsa key, X509Certificate2 authority)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in HostNames)
        {
            names.AddDnsName(name);
        }

        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);

        var request = new CertificateRequest($"CN={ResourceNames.Primary}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "Server authentication")], critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        return request;
    }
}
