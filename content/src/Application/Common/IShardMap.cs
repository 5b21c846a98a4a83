namespace Application.Common;

/// <summary>Which shard has a user's rows.</summary>
public interface IShardMap
{
    /// <summary>Null before the map has been read. It may be out of date.</summary>
    string? KnownShardOf(UserId user);
}
