namespace Api.Common;

/// <summary>The endpoints of one feature. Groups are found by scanning, so removing a feature is deleting its folder.</summary>
internal interface IEndpointGroup
{
    static abstract void Map(IEndpointRouteBuilder app);
}

internal static class EndpointGroups
{
    public static void MapEndpointGroups(this IEndpointRouteBuilder app)
    {
        var root = app.MapGroup("").AnswerHead().DescribeRefusals();
        var groups = typeof(EndpointGroups).Assembly.GetTypes()
            .Where(type => type is { IsInterface: false } && type.IsAssignableTo(typeof(IEndpointGroup)));
        foreach (var group in groups)
        {
            group.GetMethod(nameof(IEndpointGroup.Map))!.CreateDelegate<Action<IEndpointRouteBuilder>>()(root);
        }
    }
}
