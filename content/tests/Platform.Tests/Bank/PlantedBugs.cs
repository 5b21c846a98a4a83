using Application.Idempotency;
using Application.Sagas;
using Application.Wallets;
using Domain.Wallets;
using Infrastructure.Wallets;
using Platform.Idempotency;
using Platform.Sagas;

namespace Platform.Tests.Bank;

/// <summary>A mistake that the service could have, made in a running one.</summary>
/// <param name="Sql">Runs on each shard first.</param>
/// <param name="Caught">Part of what the checker must say.</param>
internal sealed record PlantedBug(
    string Caught, string Sql = "", Action<IServiceCollection>? Services = null, params (string, string)[] Settings)
{
    private const string NoInbox = "ALTER TABLE saga_steps DROP CONSTRAINT saga_steps_pkey;";

    /// <summary>A point at which each third run fails, as by a lost connection.</summary>
    public SagaPoint FailsAt { get; init; } = SagaPoint.AfterStepCommit;

    /// <summary>A bucket is moved to the other shard while the service has the old map.</summary>
    public bool MovesBucket { get; init; }

    public static IReadOnlyDictionary<string, PlantedBug> All { get; } = new Dictionary<string, PlantedBug>
    {
        ["inbox skipped"] = new("a transfer has ended", NoInbox),
        ["lease without fencing, and no inbox behind it"] = new("a transfer has ended", $"""
            {NoInbox}
            CREATE OR REPLACE FUNCTION claim_sagas(lease interval, n int, names text[], known_timeline int) RETURNS SETOF saga_run
            LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
                SELECT owner_id, id, name, data, status, step, attempt, retries, due_at, lease_epoch, error_code,
                       error, failure, trace_parent, is_forced, created_at, ended_at
                FROM sagas WHERE status IN (1, 2) LIMIT n
            $$;
            """, Settings: [("Sagas:PollMilliseconds", "5")]),
        ["credit before reserve"] = new("no saga is open or dead", Services: services => services
            .AddScoped<SagaStarter>().AddScoped<ISagas, SagaBeforeItsReserve>(), Settings: [("Sagas:MaxAttempts", "3")]),
        ["stale bucket map accepted"] = new("is not there", """
            CREATE OR REPLACE FUNCTION act_for(user_id uuid, known_epoch bigint, known_timeline int) RETURNS void
            LANGUAGE sql AS $$ SELECT add_app_user(user_id) $$;
            """) { MovesBucket = true },
        ["row security's user left on the connection"] = new("acts for nobody", """
            CREATE OR REPLACE FUNCTION add_app_user(user_id uuid) RETURNS void LANGUAGE sql
            RETURN set_config('app.user_id', user_id::text, false);
            """),
        ["notification lost, and no poll"] = new("no saga is open or dead", """
            CREATE OR REPLACE FUNCTION saga_backlog(
                OUT oldest_seconds double precision, OUT dead bigint, OUT next_seconds double precision)
            LANGUAGE sql AS $$ SELECT 0::float8, 0::bigint, 'infinity'::float8 $$;
            """, Settings: [("Sagas:PollMilliseconds", "3600000"), ("Sagas:LeaseSeconds", "1")])
        { FailsAt = SagaPoint.Started },
        ["idempotency key in a transaction of its own"] = new("was acknowledged and is not there", Services: services => services
            .AddScoped<IIdempotencyKeys, KeyInItsOwnTransaction>()),
        ["idempotency key ignored"] = new("an operation has one effect at most", Services: services => services
            .AddScoped<IIdempotencyKeys, NoKeys>()),
        ["overdraft check removed"] = new("no balance is negative", """
            ALTER TABLE wallets DROP CONSTRAINT wallets_balance_check;
            ALTER TABLE entries DROP CONSTRAINT entries_balance_check;
            CREATE FUNCTION take_credit_back() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.balance := NEW.balance - 1000000000;
                RETURN NEW;
            END $$;
            CREATE TRIGGER take_credit_back BEFORE UPDATE OF balance ON wallets FOR EACH ROW EXECUTE FUNCTION take_credit_back();
            CREATE TRIGGER take_credit_back BEFORE INSERT ON entries FOR EACH ROW WHEN (NEW.account = 1) EXECUTE FUNCTION take_credit_back();
            """, services => services.AddScoped<IWalletRepository, WalletsWithCredit>()),
        ["answered before the commit, which fails"] = new("was acknowledged and is not there", Services: services => services
            .AddScoped<IUnitOfWork, CommitThatMayFail>()),
    };

    private static int s_count;
    private static bool s_isArmed;

    /// <summary>Each third time, once the bank is open.</summary>
    public static bool IsTime() => Volatile.Read(ref s_isArmed) && Interlocked.Increment(ref s_count) % 3 == 0;

    /// <summary>Lets bugs happen, from the first third time on, or no longer.</summary>
    public static void Arm(bool isArmed)
    {
        s_count = 0;
        Volatile.Write(ref s_isArmed, isArmed);
    }

    public static NpgsqlException LostConnection() => new("The connection is lost.", new IOException("It is lost."));

    /// <summary>Starts the saga in a transaction that commits before the money is reserved.</summary>
    private sealed class SagaBeforeItsReserve(IServiceScopeFactory scopes) : ISagas
    {
        public async Task StartAsync<TSaga, TData>(Guid id, UserId owner, TData data, CancellationToken cancellationToken)
            where TSaga : Saga<TData>
            where TData : class
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<SagaStarter>().StartAsync<TSaga,
            TData>(id, owner, data, cancellationToken);
            await scope.ServiceProvider.GetRequiredService<ShardWriter>().CommitAsync(cancellationToken);
            if (IsTime())
            {
                throw LostConnection();
            }
        }
    }

    private sealed class KeyInItsOwnTransaction(IServiceScopeFactory scopes) : IIdempotencyKeys
    {
        public async Task ClaimAsync(UserId owner, RequestKey key, CancellationToken cancellationToken)
        {
            await using var scope = scopes.CreateAsyncScope();
            await KeysOf(scope).ClaimAsync(owner, key, cancellationToken);
            await KeysOf(scope).FindAsync(owner, key, cancellationToken);
        }

        public bool SaysInUse(Exception exception) => IdempotencyKeys.IsInUse(exception);

        public async Task<StoredAnswer?> FindAsync(UserId owner, RequestKey key, CancellationToken cancellationToken)
        {
            await using var scope = scopes.CreateAsyncScope();
            return await KeysOf(scope).FindAsync(owner, key, cancellationToken);
        }

        public async Task CompleteAsync(UserId owner, RequestKey key, string answer, CancellationToken cancellationToken)
        {
            await using var scope = scopes.CreateAsyncScope();
            await KeysOf(scope).CompleteAsync(owner, key, answer, cancellationToken);
            await scope.ServiceProvider.GetRequiredService<ShardWriter>().CommitAsync(cancellationToken);
            if (IsTime())
            {
                throw LostConnection();
            }
        }

        private static IdempotencyKeys KeysOf(AsyncServiceScope scope) => new(
            scope.ServiceProvider.GetRequiredService<ShardWriter>(),
            scope.ServiceProvider.GetRequiredService<IOptions<IdempotencyOptions>>());
    }

    private sealed class NoKeys : IIdempotencyKeys
    {
        public Task ClaimAsync(UserId owner, RequestKey key, CancellationToken cancellationToken) => Task.CompletedTask;

        public bool SaysInUse(Exception exception) => false;

        public Task<StoredAnswer?> FindAsync(UserId owner, RequestKey key, CancellationToken cancellationToken) =>
            Task.FromResult<StoredAnswer?>(null);

        public Task CompleteAsync(UserId owner, RequestKey key, string answer, CancellationToken cancellationToken) =>
            Task.CompletedTask;
    }

    /// <summary>Each wallet that is loaded has more money than is stored; the table's triggers take it back.</summary>
    private sealed class WalletsWithCredit(ShardWriter writer) : IWalletRepository
    {
        private readonly WalletRepository _wallets = new(writer);

        public Task AddAsync(Wallet wallet, CancellationToken cancellationToken) => _wallets.AddAsync(wallet, cancellationToken);

        public async Task<Wallet?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken) =>
            WithCredit(await _wallets.FindAsync(id, owner, cancellationToken));

        public async Task<(Wallet? One, Wallet? Other)> FindBothAsync(
            (WalletId Id, UserId Owner) one, (WalletId Id, UserId Owner) other, CancellationToken cancellationToken)
        {
            var (first, second) = await _wallets.FindBothAsync(one, other, cancellationToken);
            return (WithCredit(first), WithCredit(second));
        }

        private static Wallet? WithCredit(Wallet? wallet)
        {
            if (wallet is not null)
            {
                typeof(Wallet).GetProperty(nameof(Wallet.Balance))!.SetValue(wallet, wallet.Balance + 1_000_000_000);
            }

            return wallet;
        }
    }

    private sealed class CommitThatMayFail(ShardWriter writer) : IUnitOfWork
    {
        public bool IsEmpty => writer.IsEmpty;

        public ValueTask<bool> CanHoldAsync(UserId one, UserId other, CancellationToken cancellationToken) =>
            writer.CanHoldAsync(one, other, cancellationToken);

        public async Task CommitAsync(CancellationToken cancellationToken)
        {
            if (IsTime())
            {
                await writer.DisposeAsync();
            }

            await writer.CommitAsync(cancellationToken);
        }

        public Task RollBackAsync() => writer.RollBackAsync();

        public Task<bool> CanRetryAsync(Exception exception, int attempt, CancellationToken cancellationToken) =>
            writer.CanRetryAsync(exception, attempt, cancellationToken);
    }
}
