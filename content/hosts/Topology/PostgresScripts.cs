namespace Topology;

/// <summary>
/// What primary.sh and replica.sh are given: README.md lists it. Values are of type <c>T</c>, since a host may pass
/// placeholders that it resolves later.
/// </summary>
/// <param name="text">Makes a value of a text.</param>
/// <param name="password">Makes a value of a role's password.</param>
public sealed class PostgresScripts<T>(Func<string, T> text, Func<string, T> password)
{
    public IEnumerable<KeyValuePair<string, T>> Primary(
        string dataDirectory, string certificates, bool synchronousReplica = false)
    {
        yield return Text("PGDATA", dataDirectory);
        yield return Text("CERTIFICATES", certificates);
        yield return Text("DATABASES", string.Join(' ', ResourceNames.Databases));
        yield return Text("POSTGRES_USER", DatabaseRoles.Superuser);
        foreach (var role in (IEnumerable<string>)[DatabaseRoles.Superuser, .. DatabaseRoles.All])
        {
            yield return new(DatabaseRoles.PasswordVariable(role), password(role));
        }

        if (synchronousReplica)
        {
            yield return Text("SYNCHRONOUS_STANDBY", ResourceNames.ReplicaSlot);
        }
    }

    /// <param name="slot">Its name, and that of its slot on the primary.</param>
    public IEnumerable<KeyValuePair<string, T>> Replica(
        string dataDirectory, string certificates, T primaryHost, T primaryPort, string slot = ResourceNames.ReplicaSlot)
    {
        yield return Text("PGDATA", dataDirectory);
        yield return Text("CERTIFICATES", certificates);
        yield return new("PRIMARY_HOST", primaryHost);
        yield return new("PRIMARY_PORT", primaryPort);
        yield return Text("REPLICA_NAME", slot);
        yield return new(DatabaseRoles.PasswordVariable(DatabaseRoles.Replicator), password(DatabaseRoles.Replicator));
    }

    private KeyValuePair<string, T> Text(string name, string value) => new(name, text(value));
}
