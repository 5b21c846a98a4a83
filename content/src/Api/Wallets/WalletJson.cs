using System.Text.Json.Serialization;
using Application.Wallets;

namespace Api.Wallets;

/// <summary>How answers about wallets are written, found out by the compiler and not at run time.</summary>
[JsonSerializable(typeof(WalletView))]
[JsonSerializable(typeof(Page<WalletView>))]
[JsonSerializable(typeof(Page<EntryView>))]
internal sealed partial class WalletJson : JsonSerializerContext;
