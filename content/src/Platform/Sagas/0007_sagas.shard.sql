-- Numbers of the states are those of SagaStatus. The functions are for the worker, which acts for no user when it looks for
-- work: they see the rows of all users whose buckets are here.

CREATE TABLE sagas (
    owner_id      uuid        NOT NULL,
    id            uuid        NOT NULL,
    name          text        NOT NULL,
    data          text        NOT NULL,
    status        smallint    NOT NULL CHECK (status BETWEEN 1 AND 5),
    step          int         NOT NULL,
    attempt       int         NOT NULL DEFAULT 0,
    retries       int         NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL,
    lease_epoch   bigint      NOT NULL,
    error_code    text,
    error         text,
    failure       text,
    trace_parent  text,
    is_forced     boolean     NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    PRIMARY KEY (owner_id, id)
);
CREATE INDEX ix_sagas_due_at ON sagas (due_at) WHERE status IN (1, 2);
-- Ids begin with their time: the oldest and the newest of a status are at the ends of a range.
CREATE INDEX ix_sagas_open ON sagas (status, id) WHERE status IN (1, 2, 5);
CREATE INDEX ix_sagas_ended_at ON sagas (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ix_sagas_bucket ON sagas (bucket_of(owner_id), owner_id);
CALL protect('sagas');
GRANT SELECT, INSERT ON sagas TO app_rw;
GRANT SELECT, INSERT, UPDATE ON sagas TO worker;

-- What functions give. Not the table's own type: a column that is added to the table would change their results under
-- statements that are prepared.
CREATE TYPE saga_run AS (
    owner_id uuid, id uuid, name text, data text, status smallint, step int, attempt int, retries int, due_at timestamptz,
    lease_epoch bigint, error_code text, error text, failure text, trace_parent text, is_forced boolean,
    created_at timestamptz, ended_at timestamptz);

-- The inbox of each step: its row commits with its effect, or says that it was refused. A step that has a row is not done
-- again.
CREATE TABLE saga_steps (
    owner_id    uuid        NOT NULL,
    saga_id     uuid        NOT NULL,
    step        text        NOT NULL,
    error_code  text,
    error       text,
    done_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (owner_id, saga_id, step)
);
CREATE INDEX ix_saga_steps_done_at ON saga_steps USING brin (done_at);
CREATE INDEX ix_saga_steps_bucket ON saga_steps (bucket_of(owner_id), owner_id);
CALL protect('saga_steps');
GRANT SELECT, INSERT ON saga_steps TO worker;

-- Leases runs that are due. A bucket that cannot be locked is being switched to another shard just now.
CREATE FUNCTION claim_sagas(lease interval, n int, names text[], known_timeline int) RETURNS SETOF saga_run
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    due record;
    state_here text;
    claimed saga_run;
BEGIN
    PERFORM refuse_old_timeline(known_timeline);
    FOR due IN
        SELECT s.owner_id, s.id, b.bucket
        FROM sagas s JOIN bucket_owner b ON b.bucket = bucket_of(s.owner_id) AND b.state IN ('active', 'moving')
        WHERE s.status IN (1, 2) AND s.due_at <= now() AND s.name = ANY (names)
        ORDER BY s.due_at LIMIT n FOR UPDATE OF s SKIP LOCKED
    LOOP
        CONTINUE WHEN NOT pg_try_advisory_xact_lock_shared(1110787914, due.bucket);
        -- What was committed before the lock was free is seen only by a statement that begins after it.
        SELECT b.state INTO state_here FROM bucket_owner b WHERE b.bucket = due.bucket;
        CONTINUE WHEN state_here IS NULL OR state_here NOT IN ('active', 'moving');
        UPDATE sagas s SET due_at = clock_timestamp() + lease, lease_epoch = s.lease_epoch + 1
        WHERE s.owner_id = due.owner_id AND s.id = due.id
        RETURNING s.owner_id, s.id, s.name, s.data, s.status, s.step, s.attempt, s.retries, s.due_at, s.lease_epoch, s.error_code,
                  s.error, s.failure, s.trace_parent, s.is_forced, s.created_at, s.ended_at INTO claimed;
        RETURN NEXT claimed;
    END LOOP;
END $$;

-- A refusal is kept, so a run that was being undone goes on with that. Forced, one that goes forward is undone, a dead
-- one or one that fails again and again, as far as its steps allow it.
CREATE FUNCTION redrive_saga(saga uuid, force boolean, known_epoch bigint, known_timeline int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    of_user CONSTANT uuid := (SELECT owner_id FROM sagas WHERE id = saga AND status IN (1, 2, 5));
BEGIN
    PERFORM act_for(coalesce(of_user, saga), known_epoch, known_timeline);
    UPDATE sagas
    SET status = CASE WHEN error_code IS NULL THEN 1 ELSE 2 END, is_forced = is_forced OR force, attempt = 0, retries = 0,
        due_at = clock_timestamp(), lease_epoch = lease_epoch + 1
    WHERE owner_id = of_user AND id = saga AND (status = 5 OR force AND status = 1);
    RETURN FOUND;
END $$;

-- Ids begin with their time, so the newest come first.
CREATE FUNCTION list_sagas(of_status smallint, before uuid, n int) RETURNS SETOF saga_run
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.owner_id, s.id, s.name, s.data, s.status, s.step, s.attempt, s.retries, s.due_at, s.lease_epoch, s.error_code,
           s.error, s.failure, s.trace_parent, s.is_forced, s.created_at, s.ended_at
    FROM sagas s JOIN bucket_owner b ON b.bucket = bucket_of(s.owner_id) AND b.state IN ('active', 'moving')
    WHERE s.status IN (1, 2, 5) AND s.status = of_status AND s.id < before
    ORDER BY s.id DESC LIMIT n;
$$;

-- The age counts from the start of the run: one that fails again and again is due again and again. The next is due when its
-- pause or the lease of its instance ends, which nobody tells.
CREATE FUNCTION saga_backlog(OUT oldest_seconds double precision, OUT dead bigint, OUT next_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(greatest(extract(epoch FROM clock_timestamp() - min(oldest.created_at)), 0), 0),
           (SELECT count(*)
            FROM sagas s JOIN bucket_owner b ON b.bucket = bucket_of(s.owner_id) AND b.state IN ('active', 'moving')
            WHERE s.status IN (1, 2, 5) AND s.status = 5),
           coalesce(
               (SELECT extract(epoch FROM s.due_at - clock_timestamp())
                FROM sagas s JOIN bucket_owner b ON b.bucket = bucket_of(s.owner_id) AND b.state IN ('active', 'moving')
                WHERE s.status IN (1, 2)
                ORDER BY s.due_at LIMIT 1),
               'infinity')
    FROM (VALUES (1::smallint), (2)) open (status) CROSS JOIN LATERAL (
        SELECT s.created_at
        FROM sagas s JOIN bucket_owner b ON b.bucket = bucket_of(s.owner_id) AND b.state IN ('active', 'moving')
        WHERE s.status IN (1, 2, 5) AND s.status = open.status
        ORDER BY s.id LIMIT 1
    ) oldest;
$$;

-- Runs that have ended.
CREATE FUNCTION drop_ended_sagas(lifetime interval, at_most int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT drop_old_rows('sagas', 'ended_at', true, lifetime, at_most)
$$;

-- A step's row keeps the step from being done twice, so it may go only when its run has ended. The run may be stored on
-- another shard, which is asked: open_sagas gives those of the runs that may not have ended there.
CREATE FUNCTION old_saga_steps(lifetime interval, at_most int) RETURNS TABLE (of_user uuid, saga uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT o.owner_id, o.saga_id FROM (
        SELECT s.owner_id, s.saga_id
        FROM saga_steps s JOIN bucket_owner b ON b.bucket = bucket_of(s.owner_id) AND b.state = 'active'
        WHERE s.done_at < clock_timestamp() - lifetime LIMIT at_most
    ) o;
$$;

CREATE FUNCTION open_sagas(ids uuid[], epochs bigint[]) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(asked.id), '{}')
    FROM unnest(ids, epochs) AS asked (id, epoch) LEFT JOIN bucket_owner b ON b.bucket = bucket_of(asked.id)
    WHERE b.epoch IS DISTINCT FROM asked.epoch OR b.state <> 'active'
       OR EXISTS (SELECT FROM sagas s WHERE s.status IN (1, 2, 5) AND s.id = asked.id);
$$;

CREATE FUNCTION drop_saga_steps(of_users uuid[], runs uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH here AS (
        SELECT asked.owner_id, asked.saga_id
        FROM unnest(of_users, runs) AS asked (owner_id, saga_id)
        JOIN bucket_owner b ON b.bucket = bucket_of(asked.owner_id) AND b.state = 'active'
        FOR SHARE OF b SKIP LOCKED
    ), dropped AS (
        DELETE FROM saga_steps s USING here h WHERE (s.owner_id, s.saga_id) = (h.owner_id, h.saga_id)
        RETURNING 1
    )
    SELECT count(*) FROM dropped;
$$;

REVOKE ALL ON FUNCTION claim_sagas(interval, int, text[], int), redrive_saga(uuid, boolean, bigint, int),
    list_sagas(smallint, uuid, int), saga_backlog(), drop_ended_sagas(interval, int), old_saga_steps(interval, int),
    open_sagas(uuid[], bigint[]), drop_saga_steps(uuid[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_sagas(interval, int, text[], int), redrive_saga(uuid, boolean, bigint, int),
    list_sagas(smallint, uuid, int), saga_backlog(), drop_ended_sagas(interval, int), old_saga_steps(interval, int),
    open_sagas(uuid[], bigint[]), drop_saga_steps(uuid[], uuid[]) TO worker;
