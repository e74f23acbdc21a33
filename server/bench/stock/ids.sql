-- An id as the desk makes them: a UUID of version 7 whose last byte names the kind.
CREATE FUNCTION pg_temp.new_id(p_at timestamptz, p_kind int) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT overlay(overlay(replace(gen_random_uuid()::text, '-', '') PLACING lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || '7' FROM 1)
    PLACING lpad(to_hex(p_kind), 2, '0') FROM 31)::uuid
$$;
