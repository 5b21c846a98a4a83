using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.Payees;

[DbContext(typeof(DirectoryContext))]
[Migration("20260103000000_Payees")]
internal sealed class PayeesMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE payees (
            handle      text        PRIMARY KEY,
            owner_id    uuid        NOT NULL,
            wallet_id   uuid        NOT NULL,
            created_at  timestamptz NOT NULL,
            version     bigint      NOT NULL
        );
        CREATE UNIQUE INDEX ix_payees_owner_id ON payees (owner_id);
        CALL protect('payees');
        -- Everybody may look a handle up.
        CREATE POLICY look_up ON payees FOR SELECT TO app_rw, app_ro USING (true);
        GRANT SELECT, INSERT, UPDATE ON payees TO app_rw;
        GRANT SELECT ON payees TO app_ro;

        -- Versions are the cache's: whatever happens to a handle later has a higher one, whoever owns it then. So a number is
        -- drawn with the lock on every handle that it is for, and the owner's handle is looked up with the owner's lock.
        CREATE SEQUENCE payee_versions;
        GRANT USAGE ON SEQUENCE payee_versions TO app_rw;
        CREATE FUNCTION set_payee(
            new_handle text, owner uuid, wallet uuid, at timestamptz, OUT is_set boolean, OUT old_handle text, OUT new_version bigint)
        LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended('payee owner ' || owner, 0));
            SELECT handle INTO old_handle FROM payees WHERE owner_id = owner;
            PERFORM pg_advisory_xact_lock(hashtextextended('payee ' || least(new_handle, old_handle), 0));
            PERFORM pg_advisory_xact_lock(hashtextextended('payee ' || greatest(new_handle, old_handle), 0));
            is_set := NOT EXISTS (SELECT FROM payees WHERE handle = new_handle AND owner_id <> owner);
            IF is_set THEN
                new_version := nextval('payee_versions');
                INSERT INTO payees (handle, owner_id, wallet_id, created_at, version)
                VALUES (new_handle, owner, wallet, at, new_version)
                ON CONFLICT (owner_id) DO UPDATE
                    SET handle = excluded.handle, wallet_id = excluded.wallet_id, version = excluded.version;
            END IF;
        END $$;
        REVOKE ALL ON FUNCTION set_payee(text, uuid, uuid, timestamptz) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION set_payee(text, uuid, uuid, timestamptz) TO app_rw;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        DROP FUNCTION set_payee(text, uuid, uuid, timestamptz);
        DROP TABLE payees;
        DROP SEQUENCE payee_versions;
        """);
}
