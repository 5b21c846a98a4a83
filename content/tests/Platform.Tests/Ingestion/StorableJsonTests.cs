using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Application.Ingestion;
using CsCheck;

namespace Platform.Tests.Ingestion;

/// <summary>What is let through is compared with what PostgreSQL stores. <c>STORABLE_JSON</c> says how many documents.</summary>
public sealed class StorableJsonTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly JsonTypeInfo<JsonElement> Type = (JsonTypeInfo<JsonElement>)new JsonSerializerOptions
    {
        AllowDuplicateProperties = false,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    }.GetTypeInfo(typeof(JsonElement));

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char.AlphaNumeric, 0, 5],
        OneOf(
            "\\u0000", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\ud83d\\ude00", "\\\\u0000", "\\\"", "é",
            "😀", "\\u00e9", "\\/", "\\n"));

    private static readonly Gen<string> Number = Gen.OneOf(
        Gen.Int[-1_000, 1_000].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        Gen.Select(
            Gen.Int[-99, 99], OneOf(0, 1, 308, 16_382, 16_383, 16_384, 65_000, 131_071, 131_072, 400_000, int.MaxValue),
                OneOf("e", "E-", "e+"))
            .Select((mantissa, exponent, sign) => $"{mantissa}{sign}{exponent}"),
        OneOf("0.5", "-0", "0e5", "1.25E-3", "0.00e0", "123.456e10", "1e99999999999"));

    private static readonly Gen<string> Document = Gen.Recursive<string>((depth, inner) => depth > 4
        ? Leaf()
        : Gen.OneOf(
            Leaf(),
            inner.List[0, 3].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(Text, inner)
                .List[0, 3].Select(items => $"{{{string.Join(',', items.Select(item => $"\"{item.Item1}\":{item.Item2}"))}}}")));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Storable =>
    [
        "{}", "[]", "null", "\"\\ud83d\\ude00\"", "\"\\\\u0000\"", "\"é\\u00e9\"", "1e308", "-1.7976931348623157E+308", "5E-324",
        "1e-16383", "1e60000",
        $"[{string.Join(',', Enumerable.Repeat("1e300", 100))}]", $"{new string('[', 32)}{new string(']', 32)}",
        "123456789012345678901234567890.5", " {\"a\" : 1}\r\n",
    ];

    public static TheoryData<string> Refused =>
    [
        "", " ", "{", "{}{}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "\"\\u0000\"", "{\"\\u0000\":1}", "\"\\ud83d\"",
        "\"\\ude00\"", "\"\\ud83d\\u0061\"",
        "1e400000", "1e131072", "1e-16384", "0e-20000", "1e99999999999", "-1e70000",
        $"[{string.Join(',', Enumerable.Repeat("1e131071", 150))}]", "[1e40000,1e40000]",
        $"{new string('[', 33)}{new string(']', 33)}", $"{new string('[', 63)}{new string(']', 63)}",
        $"{new string('[', 5_000)}", "01", "NaN", "\"\n\"", "\ufeff{}",
    ];

    [Theory, MemberData(nameof(Storable))]
    public async Task What_PostgreSQL_stores_is_read(string json)
    {
        var read = StorableJson.Read(Encoding.UTF8.GetBytes(json), Type);
        Assert.False(read.IsError, read.IsError ? read.FirstError.Description : "");
        await using var connection = await OpenAsync();
        Assert.Null(await FaultOfAsync(connection, json));
    }

    [Theory, MemberData(nameof(Refused))]
    public void What_it_could_not_store_or_give_back_is_refused(string json) =>
        Assert.NotEmpty(StorableJson.Read(Encoding.UTF8.GetBytes(json), Type).FirstError.Description);

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused() =>
        Assert.Equal("It is not UTF-8.", StorableJson.Read([(byte)'"', 0xff, (byte)'"'], Type).FirstError.Description);

    [Fact]
    public async Task Whatever_is_read_is_stored_and_given_back_in_bounds()
    {
        await using var connection = await OpenAsync();
        var (read, refused) = (0, 0);
        var count = int.Parse(Environment.GetEnvironmentVariable("STORABLE_JSON") ?? "2000", CultureInfo.InvariantCulture);
        await Document.SampleAsync(
            async json =>
            {
                if (StorableJson.Read(Encoding.UTF8.GetBytes(json), Type).IsError)
                {
                    refused++;
                    return;
                }

                read++;
                var fault = await FaultOfAsync(connection, json);
                Assert.True(fault is null, $"{json}: {fault}");
            },
            iter: count,
            threads: 1);
        Assert.True(read > count / 10 && refused > count / 10, $"{read} read, {refused} refused");
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<string> Leaf() => Gen.OneOf(Number, Text.Select(text => $"\"{text}\""), OneOf("true", "null"));

    /// <summary>What PostgreSQL says when it does not store the text, or how much it would give back when that is too
    /// much.</summary>
    private static async Task<string?> FaultOfAsync(NpgsqlConnection connection, string json)
    {
        await using var command = new NpgsqlCommand(
            "SELECT octet_length($1::text::jsonb::text)", connection)
        { Parameters = { new() { Value = json } } };
        try
        {
            // jsonb writes a space after each comma and colon.
            var length = (int)(await command.ExecuteScalarAsync(Cancellation))!;
            return length <= StorableJson.MaxLength + json.Length ? null : $"{length} bytes";
        }
        catch (PostgresException exception)
        {
            return exception.MessageText;
        }
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(fixture.Service.Databases.ConnectionString("shard0", "app_rw"));
        await connection.OpenAsync(Cancellation);
        return connection;
    }
}
