namespace Template.Tests;

/// <param name="Rule">Name of the test that has to fail.</param>
/// <param name="Offender">Name of the planted type, found in no other rule's failure.</param>
/// <param name="Told">What the failure has to say about it.</param>
/// <param name="Files">Paths in the generated solution, and the text of each.</param>
public sealed record ArchitectureRuleViolation(
    string Rule, string Offender, string Told, params IReadOnlyList<(string Path, string Text)> Files);

/// <summary>
/// One violation for every rule of the generated Architecture.Tests. They are written so that each breaks one rule only,
/// in the ways that are easily missed: inside lambdas and asynchronous methods, and behind helpers.
/// </summary>
public static class ArchitectureRuleViolations
{
    public static SolutionOptions Options { get; } = new("Contoso.Payments", Aspire: false, Sample: false, PlatformTests: false);

    public static IReadOnlyList<ArchitectureRuleViolation> All { get; } =
    [
        new("Domain_depends_on_nothing_but_the_base_library_and_ErrorOr",
            "PlantedPackage",
            "Domain.Common.PlantedPackage depends on FluentValidation.InlineValidator`1 (FluentValidation).",
            Reference("src/Domain", """<PackageReference Include="FluentValidation" />"""),
            ("src/Domain/Common/PlantedPackage.cs", """
                namespace Domain.Common;

                public static class PlantedPackage
                {
                    public static Func<object> Make { get; } = () => new FluentValidation.InlineValidator<int>();
                }
                """)),
        new("Application_depends_on_no_layer_but_Domain",
            "PlantedInApplication",
            "Application.Common.PlantedInApplication depends on Topology.ResourceNames (Contoso.Payments.Topology).",
            Reference("src/Application", Topology), UseOfTopology("Application", "Common", "PlantedInApplication")),
        new("Platform_depends_on_no_layer_but_Application_and_Domain",
            "PlantedInPlatform",
            "Platform.Common.PlantedInPlatform depends on Topology.ResourceNames (Contoso.Payments.Topology).",
            Reference("src/Platform", Topology), UseOfTopology("Platform", "Common", "PlantedInPlatform")),
        new("Infrastructure_depends_on_no_layer_but_Application_Domain_and_Platform",
            "PlantedInInfrastructure",
            "Infrastructure.Common.PlantedInInfrastructure depends on Topology.ResourceNames (Contoso.Payments.Topology).",
            Reference("src/Infrastructure", Topology), UseOfTopology("Infrastructure", "Common", "PlantedInInfrastructure")),
        new("Api_depends_on_no_host",
            "PlantedInApi",
            "Api.Servers.PlantedInApi depends on Topology.ResourceNames (Contoso.Payments.Topology).",
            Reference("src/Api", Topology), UseOfTopology("Api", "Servers", "PlantedInApi")),
        new("Types_are_in_the_namespace_of_their_layer",
            "PlantedExtensions",
            "Microsoft.Extensions.DependencyInjection.PlantedExtensions is in Api.",
            ("src/Api/Servers/PlantedExtensions.cs", """
                namespace Microsoft.Extensions.DependencyInjection;

                internal static class PlantedExtensions;
                """)),
        new("EF_Core_and_Npgsql_stay_in_Infrastructure_and_Platform",
            "PlantedRange",
            "Api.Servers.PlantedRange depends on NpgsqlTypes.NpgsqlRange`1 (Npgsql).",
            ("src/Api/Servers/PlantedRange.cs", """
                namespace Api.Servers;

                internal static class PlantedRange
                {
                    public static async Task<string> TellAsync()
                    {
                        await Task.Yield();
                        return new NpgsqlTypes.NpgsqlRange<int>(1, 2).ToString();
                    }
                }
                """)),
        new("Only_the_composition_root_reaches_Infrastructure_and_Platform",
            "PlantedEndpoints",
            "Api.Servers.PlantedEndpoints depends on Platform.Common.DatabaseNames (Contoso.Payments.Platform).",
            ("src/Api/Servers/PlantedEndpoints.cs", """
                using Api.Common;
                using Platform.Common;

                namespace Api.Servers;

                internal sealed class PlantedEndpoints : IEndpointGroup
                {
                    public static void Map(IEndpointRouteBuilder app) =>
                        app.MapGet("/planted", (DatabaseNames names) => names.Shards.Count);
                }
                """)),
        new("Query_handlers_reach_no_write_port",
            "PlantedWriteHandler",
            "Application.Servers.PlantedWriteHandler reaches Application.Common.IUnitOfWork: "
            + "PlantedWriteHandler → IPlantedHelper → PlantedHelper → IUnitOfWork.",
            ("src/Application/Servers/PlantedWrite.cs", """
                using Application.Common;
                using Mediator;

                namespace Application.Servers;

                public sealed record PlantedWrite : IQuery<int>;

                internal interface IPlantedHelper
                {
                    Task HelpAsync(CancellationToken cancellationToken);
                }

                internal sealed class PlantedHelper(IServiceProvider services) : IPlantedHelper
                {
                    public async Task HelpAsync(CancellationToken cancellationToken)
                    {
                        await Task.Yield();
                        await ((IUnitOfWork)services.GetService(typeof(IUnitOfWork))!).CommitAsync(cancellationToken);
                    }
                }

                internal sealed class PlantedWriteHandler(IPlantedHelper helper) : IQueryHandler<PlantedWrite, int>
                {
                    public async ValueTask<int> Handle(PlantedWrite query, CancellationToken cancellationToken)
                    {
                        await helper.HelpAsync(cancellationToken);
                        return 0;
                    }
                }
                """)),
        new("Handlers_are_sealed_and_internal",
            "PlantedOpenHandler",
            "Application.Servers.PlantedOpenHandler is public and not sealed.",
            ("src/Application/Servers/PlantedOpen.cs", """
                using Mediator;

                namespace Application.Servers;

                public sealed record PlantedOpen : IQuery<int>;

                public class PlantedOpenHandler : IQueryHandler<PlantedOpen, int>
                {
                    public ValueTask<int> Handle(PlantedOpen query, CancellationToken cancellationToken) => new(0);
                }
                """)),
        new("Commands_are_answered_with_ErrorOr",
            "PlantedCommand",
            "Application.Servers.PlantedCommand is answered with System.Int32.",
            ("src/Application/Servers/PlantedCommand.cs", """
                using Mediator;

                namespace Application.Servers;

                public sealed record PlantedCommand : ICommand<int>;

                internal sealed class PlantedCommandHandler : ICommandHandler<PlantedCommand, int>
                {
                    public ValueTask<int> Handle(PlantedCommand command, CancellationToken cancellationToken) => new(0);
                }
                """)),
        new("Platform_folders_do_not_depend_on_features",
            "PlantedWarmUp",
            "Platform.Caching.PlantedWarmUp depends on Domain.Gamma.PlantedGamma (Contoso.Payments.Domain).",
            Feature("Gamma", "PlantedGamma", "object"),
            ("src/Platform/Caching/PlantedWarmUp.cs", """
                using Domain.Gamma;

                namespace Platform.Caching;

                internal static class PlantedWarmUp
                {
                    public static IEnumerable<object> All()
                    {
                        yield return new PlantedGamma(1);
                    }
                }
                """)),
        new("Folders_do_not_depend_on_each_other_in_a_circle",
            "PlantedAlpha",
            "Alpha → Beta → Alpha: Application.Alpha.PlantedAlphaUse depends on Domain.Beta.PlantedBeta; "
            + "Domain.Beta.PlantedBeta depends on Domain.Alpha.PlantedAlpha.",
            Feature("Alpha", "PlantedAlpha", "object"),
            Feature("Beta", "PlantedBeta", "Alpha.PlantedAlpha"),
            ("src/Application/Alpha/PlantedAlphaUse.cs", """
                namespace Application.Alpha;

                public sealed record PlantedAlphaUse(Domain.Beta.PlantedBeta Beta);
                """)),
    ];

    private const string Topology =
        """<ProjectReference Include="$(MSBuildThisFileDirectory)../../hosts/Topology/Topology.csproj" />""";

    /// <summary>MSBuild reads this file beside the project, whose own text stays as it is.</summary>
    private static (string Path, string Text) Reference(string project, string reference) =>
        ($"{project}/Directory.Build.targets", $"<Project><ItemGroup>{reference}</ItemGroup></Project>");

    private static (string Path, string Text) UseOfTopology(string project, string folder, string type) =>
        ($"src/{project}/{folder}/{type}.cs", $$"""
            namespace {{project}}.{{folder}};

            internal static class {{type}}
            {
                public static Func<Type> Tell { get; } = () => typeof(Topology.ResourceNames);
            }
            """);

    private static (string Path, string Text) Feature(string folder, string type, string value) =>
        ($"src/Domain/{folder}/{type}.cs", $"""
            namespace Domain.{folder};

            public sealed record {type}({value} Value);
            """);
}
