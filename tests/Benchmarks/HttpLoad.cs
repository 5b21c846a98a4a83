using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Colonnade.Benchmarks;

/// <summary>
/// The built-in load generator. HttpClient needs more processor time for a request than the service does to answer it, so
/// this speaks HTTP/1.1 over sockets: prepared bytes out, and as much of the answer as tells where it ends.
/// </summary>
internal static class HttpLoad
{
    public static Task RunAsync(Plan plan) => Load.ServeAsync(plan, async client =>
    {
        var connection = await HttpConnection.OpenAsync(plan.Url!);
        var targets = plan.Targets.Where((_, n) => n % plan.Clients == client % plan.Targets.Count).ToArray();
        var requests = (targets.Length > 0 ? targets : [.. plan.Targets]).Select(target => Request(plan.Url!, target)).ToArray();
        var next = client;
        return () => SendAsync(connection, requests[next++ % requests.Length], plan.Waits);
    });

    private static async Task<Result> SendAsync(HttpConnection connection, (byte[] Bytes, int KeyAt) request, bool waits)
    {
        if (request.KeyAt > 0)
        {
            Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N"), request.Bytes.AsSpan(request.KeyAt));
        }

        var (status, retryAfter) = await connection.SendAsync(request.Bytes);
        switch (status)
        {
            case >= 200 and < 300:
                return Result.Succeeded;
            case 429 or 503:
                if (waits)
                {
                    // Not all at the same moment.
                    await Task.Delay(TimeSpan.FromSeconds(retryAfter * (1 + (Random.Shared.NextDouble() / 2))));
                }

                return Result.Refused;
            default:
                return Result.Failed;
        }
    }

    /// <summary>The bytes, and where the idempotency key is in them; 0 without one.</summary>
    private static (byte[] Bytes, int KeyAt) Request(Uri url, Target target)
    {
        const string Key = "Idempotency-Key: ";
        var text = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Method} {target.Path} HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {target.Token}\r\n"));
        var keyAt = 0;
        if (target.Body is { } body)
        {
            text.Append(Key);
            keyAt = text.Length;
            text.Append(CultureInfo.InvariantCulture, $"{Guid.Empty:N}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }
        else
        {
            text.Append("\r\n");
        }

        return (Encoding.ASCII.GetBytes(text.ToString()), keyAt);
    }

    private sealed class HttpConnection(Socket socket, Uri url)
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private Socket _socket = socket;

        public static async Task<HttpConnection> OpenAsync(Uri url) => new(await ConnectAsync(url), url);

        /// <returns>Status, 0 when the connection broke; seconds of Retry-After, 0 without.</returns>
        public async Task<(int Status, int RetryAfter)> SendAsync(byte[] request)
        {
            try
            {
                await _socket.SendAsync(request);
                var (length, bodyAt) = (0, 0);
                while (true)
                {
                    var count = await _socket.ReceiveAsync(_buffer.AsMemory(length));
                    if (count == 0)
                    {
                        throw new SocketException((int)SocketError.ConnectionReset);
                    }

                    length += count;
                    if (bodyAt == 0 && _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
                    {
                        bodyAt = end + 4;
                    }

                    if (bodyAt > 0 && IsWhole(_buffer.AsSpan(0, bodyAt), _buffer.AsSpan(bodyAt, length - bodyAt)))
                    {
                        var head = _buffer.AsSpan(0, bodyAt);
                        return (int.Parse(head.Slice(9, 3), NumberStyles.None, CultureInfo.InvariantCulture), Number(head, "\r\nRetry-After: "u8) ?? 0);
                    }
                }
            }
            catch (SocketException)
            {
                _socket.Dispose();
                _socket = await ConnectAsync(url);
                return default;
            }
        }

        private static bool IsWhole(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body) =>
            Number(head, "\r\nContent-Length: "u8) is { } length ? body.Length >= length : body.EndsWith("0\r\n\r\n"u8);

        /// <summary>Of a header; null without it.</summary>
        private static int? Number(ReadOnlySpan<byte> head, ReadOnlySpan<byte> header)
        {
            var at = head.IndexOf(header);
            if (at < 0)
            {
                return null;
            }

            var value = head[(at + header.Length)..];
            return int.Parse(value[..value.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
        }

        private static async Task<Socket> ConnectAsync(Uri url)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(url.Host, url.Port);
            return socket;
        }
    }
}
