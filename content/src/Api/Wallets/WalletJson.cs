using System.Text.Json.Serialization;
using Acme.Service.Application.Common;
using Acme.Service.Application.Wallets;

namespace Acme.Service.Api.Wallets;

/// <summary>How answers about wallets are written, found out by the compiler and not at run time.</summary>
[JsonSerializable(typeof(WalletView))]
[JsonSerializable(typeof(Page<WalletView>))]
[JsonSerializable(typeof(Page<EntryView>))]
internal sealed partial class WalletJson : JsonSerializerContext;
