namespace Platform.Tests.Bank;

/// <summary>A running service that keeps money, as its clients and the checker reach it.</summary>
internal interface IBank
{
    /// <summary>A client of one of the instances, to be shared.</summary>
    HttpClient Client(Random random);

    string Token(string subject);

    /// <summary>Of a database, for a superuser, on the server that is the primary now.</summary>
    string ConnectionString(string database);
}

/// <summary>One instance in this process.</summary>
internal sealed class BankInProcess(HttpClient client, TestDatabases databases) : IBank
{
    public HttpClient Client(Random random) => client;

    public string Token(string subject) => TestService.Token(new("sub", subject));

    public string ConnectionString(string database) => databases.ConnectionString(database, DatabaseRoles.Superuser);
}
