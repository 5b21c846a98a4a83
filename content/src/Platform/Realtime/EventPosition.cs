using System.Globalization;

namespace Platform.Realtime;

/// <summary>
/// How far a user's events have been told: up to and with an event, or, with <see cref="Seq"/> 0, all that is below the
/// transaction <see cref="Xact"/>.
/// </summary>
/// <param name="Epoch">Of the user's bucket.</param>
/// <param name="At">When the event was written, or the position taken, by the database's clock.</param>
/// <param name="Timeline">Of the server that it was read from.</param>
/// <param name="Cluster"><c>system_identifier</c> of that server, since each cluster counts its own transactions.</param>
internal sealed record EventPosition(long Epoch, ulong Xact, long Seq, DateTimeOffset At, int Timeline, long Cluster)
{
    /// <summary>Before all events; no shard takes it for a position that it has given out.</summary>
    public static EventPosition Unknown { get; } = new(0, 0, 0, DateTimeOffset.UnixEpoch, 0, 0);

    /// <summary>What <see cref="ToString"/> has made; <see cref="Unknown"/> for any other text.</summary>
    public static EventPosition Parse(string text)
    {
        var invariant = CultureInfo.InvariantCulture;
        return text.Split('.') is [var epoch, var xact, var seq, var at, var timeline, var cluster]
            && long.TryParse(epoch, invariant, out var e) && ulong.TryParse(xact, invariant, out var x)
            && long.TryParse(seq, invariant, out var s) && long.TryParse(at, invariant, out var ticks)
            && int.TryParse(timeline, invariant, out var t) && long.TryParse(cluster, invariant, out var c)
            && ticks >= DateTimeOffset.UnixEpoch.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks
                ? new(e, x, s, new DateTimeOffset(ticks, TimeSpan.Zero), t, c)
                : Unknown;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Epoch}.{Xact}.{Seq}.{At.UtcTicks}.{Timeline}.{Cluster}");
}
