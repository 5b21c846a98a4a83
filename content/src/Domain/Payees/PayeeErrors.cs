namespace Domain.Payees;

public static class PayeeErrors
{
    public static Error HandleTaken(Handle handle) =>
        Error.Conflict("Payee.HandleTaken", $"The handle '{handle}' is not free.");

    /// <param name="payee">A handle, or the id of a wallet.</param>
    public static Error NotFound(string payee) => Error.NotFound("Payee.NotFound", $"There is no payee '{payee}'.");
}
