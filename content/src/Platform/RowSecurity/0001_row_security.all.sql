-- Row level security: each user sees their own rows only. The users that a transaction acts for are the ids in app.user_id,
-- separated by commas. Without any, there are no rows. Once it was set in a session, the setting reads '' and not NULL after
-- the transaction.
CREATE FUNCTION app_users() RETURNS uuid[] STABLE PARALLEL SAFE LANGUAGE sql
RETURN string_to_array(nullif(current_setting('app.user_id', true), ''), ',')::uuid[];

CREATE FUNCTION add_app_user(user_id uuid) RETURNS void LANGUAGE sql
RETURN set_config('app.user_id', concat_ws(',', nullif(current_setting('app.user_id', true), ''), user_id), true);

-- For a table with a column owner_id that an index begins with. FORCE makes it hold for the table's owner as well,
-- so the Migrator's access to all rows is a policy that can be read, too.
CREATE PROCEDURE protect(name regclass) LANGUAGE plpgsql AS $$
DECLARE
    own CONSTANT text := 'owner_id = ANY ((SELECT app_users())::uuid[])';
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_rows ON %s TO app_rw, worker USING (%s) WITH CHECK (%2$s)', name, own);
    EXECUTE format('CREATE POLICY read_own_rows ON %s FOR SELECT TO app_ro USING (%s)', name, own);
    EXECUTE format('CREATE POLICY all_rows ON %s TO "owner" USING (true) WITH CHECK (true)', name);
END $$;
REVOKE ALL ON PROCEDURE protect(regclass) FROM PUBLIC;
