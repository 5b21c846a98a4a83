namespace Architecture.Tests;

/// <summary>Recognises messages and handlers by the Mediator's interfaces, also by those that a base class brings.</summary>
internal static class Messages
{
    private static readonly string[] Handlers =
    [
        "ICommandHandler", "IQueryHandler", "IRequestHandler", "INotificationHandler",
        "IStreamCommandHandler", "IStreamQueryHandler", "IStreamRequestHandler",
    ];

    public static bool IsHandler(TypeDefinition type) => type.IsClass && Handlers.Any(handler => Implements(type, handler));

    public static bool IsQueryHandler(TypeDefinition type) =>
        type.IsClass && (Implements(type, "IQueryHandler") || Implements(type, "IStreamQueryHandler"));

    public static bool IsMessage(TypeDefinition type) => !type.IsInterface && Implements(type, "IMessage");

    public static bool IsCommand(TypeDefinition type) => Implements(type, "IBaseCommand");

    /// <summary>The types that the message's interfaces say it is answered with.</summary>
    public static IEnumerable<TypeReference> AnswersOf(TypeDefinition message) =>
        from implemented in InterfacesOf(message).OfType<GenericInstanceType>()
        where implemented.Namespace == "Mediator"
        select implemented.GenericArguments[^1];

    public static IEnumerable<TypeReference> InterfacesOf(TypeDefinition type) =>
        type.Interfaces.Select(implemented => implemented.InterfaceType)
            .Concat(type.BaseType?.Resolve() is { } parent ? InterfacesOf(parent) : []);

    private static bool Implements(TypeDefinition type, string mediatorInterface) => InterfacesOf(type).Any(implemented =>
        implemented.Namespace == "Mediator" && implemented.Name.Split('`')[0] == mediatorInterface);
}
