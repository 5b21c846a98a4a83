namespace Platform.Tests.Pooler;

/// <summary>
/// PgBouncer in front of the databases of a test, with transaction pooling and TLS on both sides. A database on the replica has
/// the name that its connection string has.
/// </summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    /// <summary>Sessions that it has with each server for a database and a role.</summary>
    public const int Sessions = 2;

    private readonly TestDatabases _databases;
    private readonly string _directory;
    private readonly int _port;
    private readonly Process _process;

    private PgBouncer(TestDatabases databases, string directory, int port, Process process) =>
        (_databases, _directory, _port, _process) = (databases, directory, port, process);

    private static readonly Lazy<Version?> Installed = new(ReadVersion);

    public static bool IsInstalled => Installed.Value is not null;

    public static bool KnowsPreparedStatements => Installed.Value >= new Version(1, 21);

    /// <summary>Debian has it in a directory of administrators.</summary>
    private static string? Program => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Append("/usr/sbin").Select(directory => Path.Combine(directory, "pgbouncer")).FirstOrDefault(File.Exists);

    public static async Task<PgBouncer> StartAsync(TestDatabases databases)
    {
        var directory = Directory.CreateTempSubdirectory("pgbouncer-").FullName;
        var port = FreePort.Take(0, "pgbouncer");
        Write(directory, databases, port);
        string[] user = Environment.IsPrivilegedProcess ? ["-u", "nobody"] : [];
        var start = new ProcessStartInfo(Program!, [.. user, "pgbouncer.ini"])
        {
            WorkingDirectory = directory,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var bouncer = new PgBouncer(databases, directory, port, process);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                var through = bouncer.Through("shard0", DatabaseRoles.ReadWrite);
                await using var connection = new NpgsqlConnection($"{through};Pooling=false");
                await connection.OpenAsync();
                return true;
            }
            catch (NpgsqlException) when (!process.HasExited)
            {
                return false;
            }
        });
        return bouncer;
    }

    /// <summary>A connection string that leads through it.</summary>
    public string Through(string database, string role, bool replica = false)
    {
        var settings = new NpgsqlConnectionStringBuilder(_databases.ConnectionString(database, role, replica))
        {
            Host = "localhost",
            Port = _port,
        };
        settings.Database = replica ? Alias(settings.Database!) : settings.Database;
        return settings.ConnectionString;
    }

    /// <summary>Of an instance whose requests go through it, and whose background work goes around it.</summary>
    public IEnumerable<KeyValuePair<string, string>> Settings(string pooler = "Plain") =>
    [
        .. TestService.SettingsOf(_databases),
        .. _databases.Names.SelectMany(name => new KeyValuePair<string, string>[]
        {
            new($"ConnectionStrings:{name}", Through(name, DatabaseRoles.ReadWrite)),
            new($"ConnectionStrings:{DatabaseNames.ReplicaOf(name)}", Through(name, DatabaseRoles.ReadOnly, replica: true)),
        }),
        new("Postgres:Pooler", pooler),
        new("ReadReplicas:TimeoutMilliseconds", "10000"),
        new("RateLimits:Burst", "1000000"),
        new("RateLimits:PerSecond", "1000000"),
        // Its answers say which server they are from.
        new("DOTNET_ENVIRONMENT", "Development"),
    ];

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static Version? ReadVersion()
    {
        if (Program is null)
        {
            return null;
        }

        using var process = Process.Start(new ProcessStartInfo(Program, ["--version"]) { RedirectStandardOutput = true })!;
        return Version.Parse(process.StandardOutput.ReadToEnd().Split([' ', '\n'])[1]);
    }

    private static string Alias(string database) => DatabaseNames.ReplicaOf(database);

    /// <summary>As root it becomes nobody, so all of it is readable; the passwords are those of this test's servers.</summary>
    private static void Write(string directory, TestDatabases databases, int port)
    {
        var primary = databases.Names.Select(name => Settings(name, DatabaseRoles.ReadWrite)).ToArray();
        var replica = databases.Names.Select(name => Settings(name, DatabaseRoles.ReadOnly, replica: true)).ToArray();
        var lines = primary.Select(one => (one.Database, one)).Concat(replica.Select(one => ((string?)Alias(one.Database!), one)))
            .Select(pair => $"{pair.Item1} = host=localhost port={pair.one.Port} dbname={pair.one.Database}");
        string[] roles = [DatabaseRoles.ReadWrite, DatabaseRoles.ReadOnly, DatabaseRoles.Worker, DatabaseRoles.Owner];
        var certificates = Path.GetDirectoryName(primary[0].RootCertificate!)!;
        foreach (var file in new[] { "ca.crt", "server.crt", "server.key" })
        {
            File.WriteAllText(Path.Combine(directory, file), File.ReadAllText(Path.Combine(certificates, file)));
        }

        File.WriteAllLines(
            Path.Combine(directory, "users.txt"),
            roles.Select(role => $"\"{role}\" \"{Settings(databases.Names.First(), role).Password}\""));
        File.WriteAllText(Path.Combine(directory, "pgbouncer.ini"), $"""
            [databases]
            {string.Join('\n', lines)}

            [pgbouncer]
            listen_addr = localhost
            listen_port = {port}
            unix_socket_dir =
            pool_mode = transaction
            default_pool_size = {Sessions}
            max_client_conn = 500
            auth_type = scram-sha-256
            auth_file = {directory}/users.txt
            {(KnowsPreparedStatements ? "max_prepared_statements = 500" : "")}
            client_tls_sslmode = require
            client_tls_cert_file = {directory}/server.crt
            client_tls_key_file = {directory}/server.key
            server_tls_sslmode = verify-full
            server_tls_ca_file = {directory}/ca.crt
            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        }

        NpgsqlConnectionStringBuilder Settings(string database, string role, bool replica = false) =>
            new(databases.ConnectionString(database, role, replica));
    }
}
