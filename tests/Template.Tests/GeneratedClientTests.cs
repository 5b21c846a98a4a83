using Colonnade.Dev.Demo;
using Colonnade.Dev.Testing;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace Template.Tests;

/// <summary>A typed client, generated from what a running service says of itself, compiles without a warning and moves money.</summary>
[Trait(Part.Trait, Part.Clients)]
public sealed class GeneratedClientTests(Generator generator)
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
        </Project>
        """;

    /// <summary>Takes the address and the tokens of a payer and a payee.</summary>
    private const string Program = """
        using Client;

        var (payer, payee) = (ClientOf(args[1]), ClientOf(args[2]));
        var (from, to) = (await payer.OpenWalletAsync(new() { Currency = "EUR" }), await payee.OpenWalletAsync(new() { Currency = "EUR" }));
        await payer.DepositMoneyAsync(id: from.Id, idempotency_Key: $"{Guid.NewGuid()}", body: new() { Amount = 1050, Currency = "EUR" });
        var transfer = await payer.MakeTransferAsync(
            idempotency_Key: $"{Guid.NewGuid()}", body: new() { From = from.Id, To = $"{to.Id}", Amount = 50, Currency = "EUR" });
        for (var tries = 0; transfer.Status != TransferStatus.Posted && tries < 100; tries++)
        {
            await Task.Delay(100);
            transfer = await payer.GetTransferAsync(id: transfer.Id);
        }

        Console.WriteLine($"{transfer.Status} {transfer.Amount} {transfer.Currency}");
        try
        {
            await payer.MakeTransferAsync(
                idempotency_Key: $"{Guid.NewGuid()}", body: new() { From = from.Id, To = $"{to.Id}", Amount = 0, Currency = "EUR" });
        }
        catch (ApiException<ProblemDetails> refused)
        {
            Console.WriteLine($"{refused.StatusCode} {refused.Result.Type} {string.Join(',', refused.Result.Errors.Keys)}");
        }

        ServiceClient ClientOf(string token) =>
            new(new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", token) } }) { BaseUrl = args[0] };
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_generated_client_compiles_and_makes_a_transfer()
    {
        var solution = await generator.BuildAsync(Flavours.Default);
        var tokens = TokenIssuer.For(solution);
        await using var service = await RunningService.StartAsync(solution, tokens.Environment, _ => { }, Cancelled);
        using var http = new HttpClient { BaseAddress = service.State.Api };
        var description = await http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Cancelled);

        var directory = Directory.CreateTempSubdirectory("client-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "Client.csproj"), Project, Cancelled);
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "Program.cs"), Program, Cancelled);
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "ServiceClient.cs"), await GenerateAsync(description), Cancelled);
            await Shell.RunAsync("dotnet", ["build", "--nologo", "-v", "minimal"], directory.FullName, Cancelled, _ => { });
            var run = await Shell.RunAsync(
                "dotnet",
                [Path.Combine(directory.FullName, "bin", "Debug", "net10.0", "Client.dll"), $"{service.State.Api}", tokens.TokenFor("ada"), tokens.TokenFor("grace")],
                directory.FullName,
                Cancelled,
                _ => { });
            Assert.Equal(["Posted 50 EUR", "400 urn:problem-type:validation-failed amount"], run.Output);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<string> GenerateAsync(string description)
    {
        var settings = new CSharpClientGeneratorSettings { ClassName = "ServiceClient" };
        (settings.CSharpGeneratorSettings.Namespace, settings.CSharpGeneratorSettings.JsonLibrary) = ("Client", CSharpJsonLibrary.SystemTextJson);
        return new CSharpClientGenerator(await OpenApiDocument.FromJsonAsync(description, Cancelled), settings).GenerateFile();
    }
}
