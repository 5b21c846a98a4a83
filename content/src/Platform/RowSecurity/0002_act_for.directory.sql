-- The directory's half of what the shards' act_for does: there are no buckets here.
CREATE FUNCTION act_for(user_id uuid) RETURNS void LANGUAGE sql RETURN add_app_user(user_id);
