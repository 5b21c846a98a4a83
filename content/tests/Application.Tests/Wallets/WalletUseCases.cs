using Application.Idempotency;
using Application.Tests.Idempotency;
using Application.Wallets;
using Domain.Wallets;

namespace Application.Tests.Wallets;

/// <summary>Base of tests of wallets: the pipeline on wallets in memory, and two users.</summary>
public abstract class WalletUseCases : IAsyncDisposable
{
    protected static readonly UserId Alice = UserId.Of("https://a.test", "alice");
    protected static readonly UserId Bob = UserId.Of("https://a.test", "bob");

    protected WalletUseCases()
        : this(_ => { })
    {
    }

    /// <param name="addPorts">Those that the use cases of wallets do not need.</param>
    private protected WalletUseCases(Action<IServiceCollection> addPorts) => UseCases = new(ports =>
    {
        ports.AddSingleton(Keys)
            .AddScoped<IIdempotencyKeys, InMemoryIdempotencyKeys>()
            .AddSingleton(Table)
            .AddScoped<IWalletRepository, InMemoryWalletRepository>()
            .AddScoped<IWalletReader, InMemoryWalletReader>();
        addPorts(ports);
    });

    private protected WalletTable Table { get; } = new();

    private protected KeyTable Keys { get; } = new();

    private protected UseCases UseCases { get; }

    public async ValueTask DisposeAsync()
    {
        await UseCases.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a wallet one second after the last thing that happened, and pays in amounts a second apart each.</summary>
    protected async Task<WalletId> OpenAsync(UserId owner, params long[] deposits)
    {
        UseCases.Clock.Now += TimeSpan.FromSeconds(1);
        var id = new WalletId((await UseCases.SendAsync(new OpenWallet(owner, "EUR"))).Value.Id);
        foreach (var amount in deposits)
        {
            UseCases.Clock.Now += TimeSpan.FromSeconds(1);
            Assert.False((await UseCases.SendAsync(
                new DepositMoney(owner, id, amount, "EUR", RequestKeys.Of($"{Guid.NewGuid()}")))).IsError);
        }

        return id;
    }
}
