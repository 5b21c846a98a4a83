using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace Infrastructure.RowSecurity;

/// <summary>
/// In whose name a context works: calls of SQL functions that set <c>app.user_id</c> for the transaction. They are put in
/// front of the next statement, so they cost no round trip.
/// </summary>
internal sealed class Acting
{
    private readonly List<(string Function, object[] Arguments)> _calls = [];
    private readonly bool _eachTime;

    private Acting(bool eachTime) => _eachTime = eachTime;

    /// <summary>For statements outside a transaction: each is one of its own, so each needs the call.</summary>
    public static Acting ForEachStatement(string function, params object[] arguments)
    {
        var acting = new Acting(eachTime: true);
        acting.Call(function, arguments);
        return acting;
    }

    /// <summary>For the statements of one transaction: each call is made once, before the next of them.</summary>
    public static Acting InTransaction() => new(eachTime: false);

    public bool HasCalls => _calls.Count > 0;

    public void Call(string function, params object[] arguments) => _calls.Add((function, arguments));

    /// <summary>Puts the calls in front of the command, which is of the kind with named parameters.</summary>
    /// <returns>How many results come before the command's own.</returns>
    public int PutBefore(DbCommand command)
    {
        var count = _calls.Count;
        for (var i = count - 1; i >= 0; i--)
        {
            var (function, arguments) = _calls[i];
            var names = new string[arguments.Length];
            for (var n = 0; n < arguments.Length; n++)
            {
                names[n] = string.Create(CultureInfo.InvariantCulture, $"@acting{i}_{n}");
                command.Parameters.Add(new NpgsqlParameter(names[n], arguments[n]));
            }

            command.CommandText = $"SELECT * FROM {function}({string.Join(", ", names)});\n{command.CommandText}";
        }

        if (!_eachTime)
        {
            _calls.Clear();
        }

        return count;
    }
}
