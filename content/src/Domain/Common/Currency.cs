using System.Collections.Frozen;

namespace Domain.Common;

/// <summary>A currency by its ISO 4217 code, such as EUR.</summary>
public readonly record struct Currency
{
    /// <summary>Active codes of ISO 4217 (list one), without funds, metals and test codes.</summary>
    private static readonly FrozenSet<string> Codes = """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
        CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
        HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
        MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
        RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD
        TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private Currency(string code) => Code = code;

    public string Code { get; }

    public static ErrorOr<Currency> From(string code) => Codes.TryGetValue(code, out var known)
        ? new Currency(known)
        : Error.Validation("Currency.Unknown", $"'{code}' is not an active ISO 4217 currency code.");

    /// <summary>A code that was stored. It may have been taken off the list since, and its wallets can still be read.</summary>
    public static Currency Stored(string code) => new(code);

    public override string ToString() => Code;
}
