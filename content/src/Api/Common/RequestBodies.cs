using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Api.Common;

/// <summary>Metadata of an endpoint without a size limit: bytes of a compressed body, as sent and decompressed.</summary>
internal sealed record GzipLimit(long Bytes);

/// <summary>Bodies are UTF-8, plain or compressed by gzip. Any other is refused with 415 before it is read.</summary>
internal static class RequestBodies
{
    public static void UseRequestBodies(this IApplicationBuilder app)
    {
        // Without it, a gzip body that was cut off seems to end there.
        AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);
        app.Use((context, next) =>
        {
            var request = context.Request;
            if (!IsUtf8(request))
            {
                return RefuseAsync(context, "A body is UTF-8, and the charset of Content-Type says so or is left out.");
            }

            var encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
            if (encoding is not ("" or "identity" or "gzip"))
            {
                context.Response.Headers.AcceptEncoding = "gzip";
                return RefuseAsync(context, "The Content-Encoding of a body is gzip, or is left out.");
            }

            return encoding == "gzip" ? WithGzipAsync(context, next) : next(context);
        });
        app.UseRequestDecompression();
    }

    /// <summary>The body is decompressed while it is read, so only then a damaged one is noticed.</summary>
    private static async Task WithGzipAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GzipLimit>() is { } limit)
        {
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = limit.Bytes;
        }

        try
        {
            await next(context);
        }
        catch (InvalidDataException exception)
        {
            throw new BadHttpRequestException("The body is not gzip, or a part of it is missing.", exception);
        }
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

    private static Task RefuseAsync(HttpContext context, string detail) =>
        Problems.WriteAsync(context, new() { Status = StatusCodes.Status415UnsupportedMediaType, Detail = detail });
}
