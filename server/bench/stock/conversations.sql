-- One row per conversation: whose it is, where it stands, and how many messages it has. $1 is the account, $2 how many,
-- $3 the channels, $4 whether most have ended, as in a desk that has been at work for long, $5 how many messages the
-- longest has, $6 how long one was active before the next, $7 who answers what nobody owns.
CREATE TEMP TABLE stock ON COMMIT DROP AS
SELECT o.*, coalesce(o.agent_id, $7::uuid) AS speaker_id FROM (
  SELECT s.*, CASE WHEN s.dice % 3 > 0 OR s.status = 'CLOSED' THEN (SELECT g.agent_id FROM (
      SELECT c.agent_id, row_number() OVER (ORDER BY c.agent_id) - 1 AS place, count(*) OVER () AS agents FROM channel_agents c
      WHERE c.account_id = $1 AND c.channel_id = s.channel_id) g WHERE g.place = s.dice / 3 % g.agents) END AS agent_id
  FROM (
    SELECT $1::bigint AS account_id, n, d.dice, a.at, pg_temp.new_id(a.at, 5) AS contact_id, pg_temp.new_id(a.at, 6) AS id,
      ($3::uuid[])[1 + d.dice / 100 % cardinality($3::uuid[])] AS channel_id,
      CASE WHEN NOT $4 OR d.dice % 100 < 10 THEN 'OPEN' WHEN d.dice % 100 < 14 THEN 'SNOOZED' WHEN d.dice % 100 < 20 THEN 'RESOLVED' ELSE 'CLOSED' END AS status,
      CASE WHEN $4 THEN 1 + n % $5 ELSE $5 END AS messages
    FROM generate_series(1, $2::int) n
    CROSS JOIN LATERAL (SELECT hashint4(n) & 1048575 AS dice) d
    CROSS JOIN LATERAL (SELECT now() - n * $6::interval AS at) a OFFSET 0) s) o;
