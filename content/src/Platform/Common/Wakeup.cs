namespace Platform.Common;

/// <summary>Wakes one who waits, or else the next who comes. Once is enough; one more does no harm.</summary>
internal sealed class Wakeup() : SemaphoreSlim(0)
{
    public void Wake()
    {
        if (CurrentCount == 0)
        {
            Release();
        }
    }
}
