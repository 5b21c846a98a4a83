using System.Globalization;
using Npgsql;

namespace Infrastructure.RowSecurity;

/// <summary>
/// In whose name the transaction of a context works: calls of SQL functions that set <c>app.user_id</c> for it. Each is sent
/// once, in front of the next statement, so it costs no round trip.
/// </summary>
internal sealed class Acting
{
    private readonly List<NpgsqlBatchCommand> _calls = [];

    public bool HasCalls => _calls.Count > 0;

    public void Call(string function, params object[] arguments)
    {
        var names = Enumerable.Range(1, arguments.Length).Select(n => string.Create(CultureInfo.InvariantCulture, $"${n}"));
        var sql = $"SELECT {function}({string.Join(", ", names)})";
        var call = new NpgsqlBatchCommand(sql);
        foreach (var argument in arguments)
        {
            call.Parameters.Add(new NpgsqlParameter { Value = argument });
        }

        _calls.Add(call);
    }

    /// <summary>The calls that were not sent yet, which count as sent from now on.</summary>
    public NpgsqlBatchCommand[] Take()
    {
        var calls = _calls.ToArray();
        _calls.Clear();
        return calls;
    }
}
