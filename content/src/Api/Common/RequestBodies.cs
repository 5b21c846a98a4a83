using System.IO.Compression;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Api.Common;

/// <summary>Metadata of an endpoint: bytes that come out of a compressed body at most.</summary>
internal sealed record DecompressedLimit(long Bytes);

/// <summary>Bodies are UTF-8, plain or compressed by gzip. Any other is refused with 415 before it is read.</summary>
internal static class RequestBodies
{
    private const string Gzip = "gzip";

    public static void UseRequestBodies(this IApplicationBuilder app)
    {
        // Without it, the end of a compressed body that was cut off is taken for the end of what was sent.
        AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);
        app.Use((context, next) =>
        {
            var request = context.Request;
            if (!IsUtf8(request))
            {
                return RefuseAsync(context, "A body is UTF-8, and the charset of Content-Type says so or is left out.");
            }

            switch (request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant())
            {
                case "" or "identity":
                    break;
                case Gzip:
                    request.Headers.Remove(HeaderNames.ContentEncoding);
                    request.Headers.Remove(HeaderNames.ContentLength);
                    request.Body = new GunzipStream(request.Body, LimitOf(context));
                    break;
                default:
                    context.Response.Headers.AcceptEncoding = Gzip;
                    return RefuseAsync(context, "The Content-Encoding of a body is gzip, or is left out.");
            }

            return next(context);
        });
    }

    /// <summary>The charset is taken off the media type: the framework fails at names that it does not know, and at
    /// quotes.</summary>
    private static bool IsUtf8(HttpRequest request)
    {
        if (string.IsNullOrEmpty(request.ContentType))
        {
            return true;
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
        {
            return false;
        }

        var charsets = type.Parameters.Where(parameter => parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase))
            .ToArray();
        if (charsets.Length > 0)
        {
            Array.ForEach(charsets, charset => type.Parameters.Remove(charset));
            request.ContentType = type.ToString();
        }

        return charsets.All(
            charset => HeaderUtilities.RemoveQuotes(charset.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }

    private static long LimitOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<DecompressedLimit>()?.Bytes
        ?? context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize
        ?? HttpSurface.MaxBodySize;

    private static async Task RefuseAsync(HttpContext context, string detail)
    {
        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        await context.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(
            new() { HttpContext = context, ProblemDetails = new ProblemDetails { Detail = detail } });
    }
}

/// <summary>What a compressed body holds, up to a limit: a megabyte of gzip can be a gigabyte.</summary>
internal sealed class GunzipStream(Stream compressed, long limit) : Stream
{
    private readonly GZipStream _gzip = new(compressed, CompressionMode.Decompress, leaveOpen: true);
    private long _left = limit;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await _gzip.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new BadHttpRequestException("The body is not gzip, or a part of it is missing.", exception);
        }

        _left -= read;
        return _left >= 0 ? read
            : throw new BadHttpRequestException("Too much comes out of the body.", StatusCodes.Status413PayloadTooLarge);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        _gzip.Dispose();
        base.Dispose(disposing);
    }
}
