using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Api.Common;

/// <summary>
/// The proxies in front of the service, whose word is taken for the client's address and scheme (<c>X-Forwarded-For</c>,
/// <c>X-Forwarded-Proto</c>). None unless <c>Proxies:Known</c> names them, since anybody can send such headers.
/// </summary>
internal static class Proxies
{
    private const string Known = "Proxies:Known";

    public static void AddProxies(this WebApplicationBuilder builder)
    {
        var known = builder.Configuration.GetSection(Known).Get<string[]>() ?? [];
        if (known.Length == 0)
        {
            return;
        }

        var networks = known.Select(NetworkOf).ToArray();
        builder.Services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            // As many as are known may stand one behind the other.
            options.ForwardLimit = null;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (var network in networks)
            {
                options.KnownIPNetworks.Add(network);
            }
        });
    }

    /// <summary>Of an address, or a network such as 10.1.0.0/16.</summary>
    private static IPNetwork NetworkOf(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : throw new InvalidOperationException(
            $"{Known} has '{text}', which is neither an address nor a network such as 10.1.0.0/16.");
}
