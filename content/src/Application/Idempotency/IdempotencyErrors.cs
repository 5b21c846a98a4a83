namespace Application.Idempotency;

public static class IdempotencyErrors
{
    public static Error KeyMissing { get; } = Error.Validation(
        "Idempotency.KeyMissing", "The header Idempotency-Key must be there once, with 1 to 255 visible ASCII characters.");

    public static Error InProgress { get; } = Error.Conflict(
        "Idempotency.InProgress", "A request with this Idempotency-Key is under way. Send it again in a moment.");

    public static Error OtherRequest { get; } = Error.Failure(
        "Idempotency.OtherRequest", "This Idempotency-Key was used for another request. A new request needs a new key.");
}
