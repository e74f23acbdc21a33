-- A desk's past for reports, an equal number of conversations a day up to now: the same ones, the newest first, however
-- many there are. $1 is the account, $2 how many conversations, $3 how long one began before the next, $4 the channels,
-- each with its own agents, $5 an AI Agent, which begins with every third conversation and resolves half of those.
CREATE FUNCTION pg_temp.id_at(p_at timestamptz, p_text text, p_kind text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || '7' || left(md5(p_text), 3) || '8' || substr(md5(p_text), 4, 13) || p_kind)::uuid
$$;
CREATE TEMP TABLE past ON COMMIT DROP AS
SELECT s.*, pg_temp.id_at(at, $1 || 'c' || n, '06') AS id, pg_temp.id_at(at, $1 || 'k' || n, '05') AS contact_id,
  at + make_interval(secs => 2 + dice % 90) AS given, at + make_interval(secs => 30 + dice % 2400) AS answered,
  at + make_interval(secs => 3000 + dice % 40000) AS ended,
  (SELECT g.agent_id FROM (SELECT c.agent_id, row_number() OVER (ORDER BY c.agent_id) - 1 AS place, count(*) OVER () AS agents FROM channel_agents c
    WHERE c.account_id = $1 AND c.channel_id = s.channel_id) g WHERE g.place = s.dice / 7 % g.agents) AS agent_id
FROM (
  SELECT $1::bigint AS account_id, n, d.dice, now() - n * $3::interval AS at, ($4::uuid[])[1 + d.dice / 100 % cardinality($4::uuid[])] AS channel_id,
    CASE WHEN n % 3 = 0 THEN $5::uuid END AS ai_agent_id, n % 6 = 0 AS by_ai, 3 + n % 5 AS messages
  FROM generate_series(1, $2::int) n CROSS JOIN LATERAL (SELECT hashint4(n) & 1048575 AS dice) d OFFSET 0) s;
