using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Topology;

public static class FreePort
{
    private static readonly ConcurrentDictionary<int, string> s_given = new();

    /// <summary>
    /// <paramref name="port"/> if nothing listens on it; for 0, any port that is free and that this process has not given
    /// away: who has it may start later, or be down for a while.
    /// </summary>
    public static int Take(int port, string user)
    {
        if (port != 0)
        {
            return IsFree(port)
                ? port
                : throw new LocalHostException(
                    $"Port {port}, meant for {user}, is taken. Stop the program that listens on it, or pass --ephemeral-ports.");
        }

        // Below the range from which systems take the local port of outgoing connections (from 32768 on Linux), so that
        // no client gets the port before its server does.
        do
        {
            port = Random.Shared.Next(20_000, 32_000);
        }
        while (!IsFree(port) || !s_given.TryAdd(port, user));

        return port;
    }

    private static bool IsFree(int port) =>
        CanListen(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanListen(IPAddress.IPv6Loopback, port));

    private static bool CanListen(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            return true; // IPv6 is there, but has no loopback address.
        }
        catch (SocketException exception) when (
            exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
