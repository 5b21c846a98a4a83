using System.Net.Sockets;

namespace Fixtures;

/// <summary>
/// Passes connections on to a server, or deals them out to several in turn, until it is told to hang: then everything stays
/// open and nothing comes through, as when a network loses its packets.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int[] _targets;
    private readonly Task _accepting;
    private int _dealt;
    private TaskCompletionSource _open = Opened();
    private CancellationTokenSource _connections = new();

    /// <param name="targets">Ports on this machine.</param>
    public TcpProxy(params int[] targets)
    {
        _targets = targets;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Hang() => _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="dropped">Connections end; otherwise what was held back comes through now, late.</param>
    public void Resume(bool dropped)
    {
        if (dropped)
        {
            using var old = Interlocked.Exchange(ref _connections, new());
            old.Cancel();
        }

        _open.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _connections.CancelAsync();
        _open.TrySetResult();
        await _accepting;
        _connections.Dispose();
        _stop.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = PassAsync(client, _targets[_dealt++ % _targets.Length], _connections.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task PassAsync(TcpClient client, int target, CancellationToken cancellationToken)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await _open.Task.WaitAsync(cancellationToken);
                await server.ConnectAsync("localhost", target, cancellationToken);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(
                    CopyAsync(client.GetStream(), server.GetStream(), either.Token),
                    CopyAsync(server.GetStream(), client.GetStream(), either.Token));
                await either.CancelAsync();
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                await _open.Task.WaitAsync(cancellationToken);
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }
}
