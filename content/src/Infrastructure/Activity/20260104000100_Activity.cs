using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.Activity;

[DbContext(typeof(ShardContext))]
[Migration("20260104000100_Activity")]
internal sealed class ActivityMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE activity (
            owner_id    uuid         NOT NULL,
            id          uuid         NOT NULL,
            kind        text         NOT NULL,
            payload     jsonb        NOT NULL,
            created_at  timestamptz  NOT NULL,
            PRIMARY KEY (owner_id, id)
        );
        CREATE INDEX ix_activity_payload ON activity USING gin (payload jsonb_path_ops);
        -- Rows come about in the order of their time, so a few kilobytes say which pages have which times.
        CREATE INDEX ix_activity_created_at ON activity USING brin (created_at) WITH (pages_per_range = 32);
        CALL protect('activity');
        GRANT SELECT, INSERT ON activity TO app_rw;
        GRANT SELECT ON activity TO app_ro;

        -- Only conditions that are asked for, so that each question is planned by itself.
        CREATE FUNCTION activity_query(has_filter boolean, has_since boolean, has_until boolean, has_after boolean)
        RETURNS text IMMUTABLE LANGUAGE sql RETURN
            'SELECT a.* FROM activity a WHERE a.owner_id = $1'
            || CASE WHEN has_filter THEN ' AND a.payload @> $2' ELSE '' END
            || CASE WHEN has_since THEN ' AND a.created_at >= $3' ELSE '' END
            || CASE WHEN has_until THEN ' AND a.created_at < $4' ELSE '' END
            || CASE WHEN has_after THEN ' AND (a.created_at, a.id) < (SELECT l.created_at, l.id FROM activity l WHERE l.owner_id = $1 AND l.id = $5)' ELSE '' END
            || ' ORDER BY a.created_at DESC, a.id DESC LIMIT $6';

        -- A policy is checked before any condition whose operator might tell what it has seen, and @> is one of these. So
        -- under row security no GIN index is ever used. This function is not under it, and asks itself whose rows they are.
        CREATE FUNCTION find_activity(of_user uuid, filter jsonb, since timestamptz, until timestamptz, after uuid, n int)
        RETURNS SETOF activity LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN
            IF of_user = ANY (app_users()) THEN
                RETURN QUERY EXECUTE activity_query(filter IS NOT NULL, since IS NOT NULL, until IS NOT NULL, after IS NOT NULL)
                USING of_user, filter, since, until, after, n;
            END IF;
        END $$;
        REVOKE ALL ON FUNCTION find_activity(uuid, jsonb, timestamptz, timestamptz, uuid, int) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION find_activity(uuid, jsonb, timestamptz, timestamptz, uuid, int) TO app_rw, app_ro;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        DROP FUNCTION find_activity(uuid, jsonb, timestamptz, timestamptz, uuid, int);
        DROP FUNCTION activity_query(boolean, boolean, boolean, boolean);
        DROP TABLE activity;
        """);
}
