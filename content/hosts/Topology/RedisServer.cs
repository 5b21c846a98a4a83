using System.Net.Sockets;
using System.Text;

namespace Topology;

public static class RedisServer
{
    /// <summary>Whether a Redis server takes the password.</summary>
    /// <exception cref="SocketException">Nothing listens there.</exception>
    public static async Task<bool> AnswersAsync(ServerAddress server, string password, CancellationToken ct)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port, ct);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"AUTH {password}\r\n"), ct);
        var answer = new byte[5];
        return await socket.ReceiveAsync(answer, ct) == answer.Length && answer.AsSpan().SequenceEqual("+OK\r\n"u8);
    }
}
