using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.Idempotency;

[DbContext(typeof(ShardContext))]
[Migration("20260102000000_IdempotencyKeys")]
internal sealed class IdempotencyKeysMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE idempotency_keys (
            owner_id      uuid        NOT NULL,
            key           text        NOT NULL,
            request_hash  bytea       NOT NULL,
            answer        text,
            created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (owner_id, key)
        );
        CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
        CREATE INDEX ix_idempotency_keys_bucket ON idempotency_keys (bucket_of(owner_id), owner_id);
        CALL protect('idempotency_keys');
        GRANT SELECT, INSERT, UPDATE ON idempotency_keys TO app_rw;

        -- For the worker, who acts for nobody here. Buckets that are being moved are left alone, and no move begins meanwhile.
        CREATE FUNCTION drop_expired_keys(lifetime interval, at_most int) RETURNS bigint
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            WITH expired AS (
                SELECT owner_id, key
                FROM idempotency_keys k
                JOIN bucket_owner b ON b.bucket = bucket_of(k.owner_id) AND b.state = 'active'
                WHERE created_at < clock_timestamp() - lifetime
                ORDER BY created_at
                LIMIT at_most
                FOR UPDATE OF k SKIP LOCKED
                FOR SHARE OF b SKIP LOCKED
            ), dropped AS (
                DELETE FROM idempotency_keys k USING expired e
                WHERE (k.owner_id, k.key) = (e.owner_id, e.key)
                RETURNING 1
            )
            SELECT count(*) FROM dropped;
        $$;
        REVOKE ALL ON FUNCTION drop_expired_keys(interval, int) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION drop_expired_keys(interval, int) TO worker;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        DROP FUNCTION drop_expired_keys(interval, int);
        DROP TABLE idempotency_keys;
        """);
}
