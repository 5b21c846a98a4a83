-- The fence: a shard knows which buckets are its own, and refuses a transaction that has an older map. Error codes are those
-- of DatabaseErrors.

CREATE TABLE bucket_owner (
    bucket  smallint PRIMARY KEY CHECK (bucket BETWEEN 0 AND 1023),
    epoch   bigint   NOT NULL,
    -- 'moving': served here and being copied to another shard. 'opening': complete here, and served to those who know
    -- the epoch, which the bucket map says once the move is decided. 'moved': another shard serves it.
    state   text     NOT NULL CHECK (state IN ('active', 'moving', 'opening', 'moved'))
);

-- Ten bits of every id: see Uuid8 in Domain.
CREATE FUNCTION bucket_of(id uuid) RETURNS smallint IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN (((get_byte(uuid_send(id), 6) & 15) << 6) | (get_byte(uuid_send(id), 7) >> 2))::smallint;

-- A writer passes the highest timeline it has seen: a server with a lower one is no primary any more.
CREATE FUNCTION refuse_old_timeline(known_timeline int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int < known_timeline THEN
        RAISE EXCEPTION 'This server is on an older timeline than %, so it is no primary any more.', known_timeline
            USING ERRCODE = 'TL001';
    END IF;
END $$;

-- False while a move copies rows here. Constraint triggers that compare rows of several tables ask it.
CREATE FUNCTION is_served(user_id uuid) RETURNS boolean STABLE LANGUAGE sql
RETURN EXISTS (SELECT FROM bucket_owner b WHERE b.bucket = bucket_of(user_id) AND b.state <> 'moved');

CREATE FUNCTION refuse_bucket(user_id uuid, known_epoch bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Bucket % is not here at epoch %.', bucket_of(user_id), known_epoch USING ERRCODE = 'MV001';
END $$;

-- A transaction calls this for each user whose rows it changes, before it does. Writers share the lock. The session of
-- a move takes it alone to close the bucket, so a move that dies opens it again. An advisory lock and not one on the
-- row of bucket_owner, since that would write a row version for every transaction. It is tried and not waited for:
-- a refused writer gives its connection back and tries again. While a move waits for it, no writer gets it any more.
-- In the caller's rights and path, since to change these costs a third of the call.
CREATE FUNCTION act_for(user_id uuid, known_epoch bigint, known_timeline int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    id CONSTANT smallint := bucket_of(user_id);
    epoch_here bigint;
    state_here text;
BEGIN
    PERFORM refuse_old_timeline(known_timeline);
    IF pg_try_advisory_xact_lock_shared(1110787914, id) THEN
        SELECT b.epoch, b.state INTO epoch_here, state_here FROM bucket_owner b WHERE b.bucket = id;
    END IF;
    IF epoch_here IS DISTINCT FROM known_epoch OR state_here = 'moved' THEN
        PERFORM refuse_bucket(user_id, known_epoch);
    END IF;
    PERFORM add_app_user(user_id);
END $$;

-- The tables whose rows belong to users, and so move with them: those that have a column owner_id. The level of a table
-- is above those of the tables that it references; 50 says that they reference each other in a circle. A table without
-- owner_id is here when it references one of them. Types that may not have a hash function are hashed as text.
CREATE VIEW user_tables AS
WITH RECURSIVE level (oid, n) AS (
    SELECT a.attrelid, 0
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'owner_id'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT a.attisdropped
    UNION
    SELECT r.conrelid, n + 1 FROM level JOIN pg_constraint r ON r.confrelid = level.oid AND r.contype = 'f'
    WHERE r.conparentid = 0 AND r.conrelid <> r.confrelid AND n < 50
)
SELECT quote_ident(c.relname) AS name, l.level,
       array_agg(c.relname || '.' || a.attname || ' ' || a.type || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
                 ORDER BY a.attnum) AS shape,
       string_agg(a.name, ', ' ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns,
       coalesce(array_agg(a.name ORDER BY a.attnum) FILTER (WHERE a.is_key), ARRAY[]::text[]) AS key,
       string_agg(a.name || ' = excluded.' || a.name, ', ' ORDER BY a.attnum)
           FILTER (WHERE a.attgenerated = '' AND (a.attidentity <> 'a' AND NOT a.is_key OR a.attname = 'owner_id')) AS changes,
       string_agg(a.name || CASE WHEN a.type IN (
           'uuid', 'text', 'smallint', 'integer', 'bigint', 'boolean', 'timestamp with time zone', 'jsonb', 'bytea', 'xid8',
           'numeric', 'date') THEN '' ELSE '::text' END, ', ' ORDER BY a.attnum) AS hashed,
       bool_or(a.attname = 'owner_id') AS has_owner
FROM (SELECT oid, max(n) AS level FROM level GROUP BY oid) l JOIN pg_class c ON c.oid = l.oid
JOIN (
    SELECT a.attrelid, a.attname, a.attnum, a.attnotnull, a.attgenerated, a.attidentity,
           quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type,
           EXISTS (SELECT FROM pg_index k WHERE k.indrelid = a.attrelid AND k.indisprimary
                   AND a.attnum = ANY (k.indkey)) AS is_key
    FROM pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped
) a ON a.attrelid = c.oid
GROUP BY c.oid, c.relname, l.level;

-- Deletes rows of a table for their age. Features have functions that call it, which the worker may. Buckets that are being moved
-- are left alone, and no move begins meanwhile. In order means the oldest first, which a BRIN index cannot give.
CREATE FUNCTION drop_old_rows(rows regclass, time_column name, in_order boolean, lifetime interval, at_most int) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    dropped bigint;
BEGIN
    EXECUTE format($sql$
        WITH old AS (
            SELECT r.tableoid AS part, r.ctid AS place
            FROM %1$s r JOIN bucket_owner b ON b.bucket = bucket_of(r.owner_id) AND b.state = 'active'
            WHERE r.%2$I < clock_timestamp() - $1
            %3$s
            LIMIT $2
            FOR UPDATE OF r SKIP LOCKED
            FOR SHARE OF b SKIP LOCKED
        )
        DELETE FROM %1$s r USING old WHERE r.ctid = old.place AND r.tableoid = old.part
        $sql$, rows, time_column, CASE WHEN in_order THEN format('ORDER BY r.%I', time_column) ELSE '' END)
    USING lifetime, at_most;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION drop_old_rows(regclass, name, boolean, interval, int) FROM PUBLIC;

GRANT SELECT ON bucket_owner TO app_rw, app_ro, worker;
REVOKE ALL ON FUNCTION act_for(uuid, bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act_for(uuid, bigint, int) TO app_rw, worker;
