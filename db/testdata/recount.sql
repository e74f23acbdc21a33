-- What reports count, made from changes and messages by SQL alone, as their definitions say. $1 is the account. The test
-- compares it with what the program counts; it knows nothing of stored facts.
CREATE TEMP TABLE recount ON COMMIT PRESERVE ROWS AS
WITH
ch AS MATERIALIZED (
  SELECT h.*, v.channel_id, h.status IN ('OPEN','AI_REPLYING','SNOOZED') AS live, lag(h.ai_agent_id) OVER w AS ai_before,
    coalesce(lag(h.status) OVER w IN ('OPEN','AI_REPLYING','SNOOZED'), false) AS was_live
  FROM conversation_changes h JOIN conversations v ON v.account_id = h.account_id AND v.id = h.conversation_id
  WHERE h.account_id = $1 AND v.closed_reason IS DISTINCT FROM 'MERGED'
  WINDOW w AS (PARTITION BY h.conversation_id ORDER BY h.version)),
opening AS MATERIALIZED (
  SELECT c.*, lead(c.version) OVER (PARTITION BY c.conversation_id ORDER BY c.version) AS next FROM ch c WHERE c.live AND NOT c.was_live),
said AS MATERIALIZED ( -- each message with the last change before it: of the same moment a change comes first, but for a resolve
  SELECT m.conversation_id, m.seq, m.channel_id, m.direction, m.agent_id, m.ai_agent_id, m.created_at, (SELECT max(c.version) FROM ch c WHERE c.conversation_id = m.conversation_id AND (c.at < m.created_at OR c.at = m.created_at AND c.status <> 'RESOLVED')) AS version
  FROM messages m WHERE m.account_id = $1 AND EXISTS (SELECT 1 FROM ch c WHERE c.conversation_id = m.conversation_id)
  AND (m.direction = 'INBOUND' AND NOT m.blocked OR m.direction = 'OUTBOUND' AND coalesce(m.agent_id, m.ai_agent_id) IS NOT NULL)),
placed AS MATERIALIZED ( -- and with the state that it found, and the opening that it is in, if that has not ended
  SELECT s.*, c.agent_id AS owner, c.ai_agent_id AS ai_owner, c.team_id AS team, c.live,
    (SELECT max(o.version) FROM opening o WHERE c.live AND o.conversation_id = s.conversation_id AND o.version <= s.version) AS opening
  FROM said s LEFT JOIN ch c ON c.conversation_id = s.conversation_id AND c.version = s.version),
asking AS MATERIALIZED ( -- what there is to answer: messages and hand-overs
  SELECT conversation_id, opening, created_at AS at, seq FROM placed WHERE direction = 'INBOUND' AND opening IS NOT NULL
  UNION ALL SELECT c.conversation_id, (SELECT max(o.version) FROM opening o WHERE o.conversation_id = c.conversation_id AND o.version <= c.version), c.at,
    coalesce((SELECT max(s.seq) FROM said s WHERE s.conversation_id = c.conversation_id AND s.version < c.version), 0) FROM ch c WHERE c.hand_over IS NOT NULL),
answering AS MATERIALIZED (
  SELECT p.*, p.agent_id IS NOT NULL AS human FROM placed p WHERE p.direction = 'OUTBOUND' AND p.opening IS NOT NULL AND (p.agent_id IS NOT NULL OR p.ai_agent_id = p.ai_owner)),
answered AS MATERIALIZED ( -- each answer, with since when somebody waited for it and since when there was anything to answer at all
  SELECT a.*, o.at AS opened, (SELECT min(k.at) FROM asking k WHERE k.conversation_id = a.conversation_id AND k.opening = a.opening AND k.seq < a.seq) AS asked,
    (SELECT min(k.at) FROM asking k WHERE k.conversation_id = a.conversation_id AND k.opening = a.opening AND k.seq < a.seq
      AND k.seq >= coalesce((SELECT max(b.seq) FROM answering b WHERE b.conversation_id = a.conversation_id AND b.opening = a.opening AND b.seq < a.seq), 0)) AS waited,
    NOT EXISTS (SELECT 1 FROM answering b WHERE b.conversation_id = a.conversation_id AND b.opening = a.opening AND b.seq < a.seq AND b.human = a.human) AS first,
    (SELECT min(c.at) FROM ch c WHERE c.conversation_id = a.conversation_id AND c.version >= a.opening AND c.version <= a.version AND c.agent_id IS NOT NULL AND c.reason <> 'REPLIED') AS assigned
  FROM answering a JOIN opening o ON o.conversation_id = a.conversation_id AND o.version = a.opening),
resolves AS MATERIALIZED (
  SELECT c.*, CASE WHEN c.actor_agent_id IS NULL THEN c.ai_agent_id END AS ai, (SELECT o.at FROM opening o WHERE o.conversation_id = c.conversation_id AND o.version < c.version ORDER BY o.version DESC LIMIT 1) AS opened
  FROM ch c WHERE c.status = 'RESOLVED' AND c.was_live),
facts AS (
  SELECT 'OPENED' AS kind, conversation_id, channel_id, NULL::uuid AS agent_id, NULL::uuid AS ai_agent_id, NULL::uuid AS team_id, NULL::timestamptz AS since, at FROM opening WHERE version = 1
  UNION ALL (SELECT DISTINCT ON (conversation_id) 'GIVEN', conversation_id, channel_id, agent_id, ai_agent_id, team_id, NULL, at FROM ch
    WHERE coalesce(agent_id, ai_agent_id, team_id) IS NOT NULL ORDER BY conversation_id, version)
  UNION ALL SELECT 'REOPENED', o.conversation_id, o.channel_id, r.actor_agent_id, r.ai, r.team_id, NULL, o.at FROM opening o
    LEFT JOIN LATERAL (SELECT * FROM resolves r WHERE r.conversation_id = o.conversation_id AND r.version < o.version ORDER BY r.version DESC LIMIT 1) r ON true WHERE o.version > 1
  UNION ALL SELECT 'RESOLVED', conversation_id, channel_id, actor_agent_id, ai, team_id, opened, at FROM resolves
  UNION ALL SELECT 'HANDED_OVER', conversation_id, channel_id, NULL, ai_before, team_id, NULL, at FROM ch WHERE hand_over IS NOT NULL
  UNION ALL SELECT 'MESSAGES_RECEIVED', conversation_id, channel_id, owner, ai_owner, team, NULL, created_at FROM placed WHERE direction = 'INBOUND'
  UNION ALL SELECT 'MESSAGES_SENT', conversation_id, channel_id, agent_id, ai_agent_id, team, NULL, created_at FROM placed WHERE direction = 'OUTBOUND'
  UNION ALL SELECT CASE WHEN human THEN 'FIRST_RESPONSE' ELSE 'AI_FIRST_RESPONSE' END, conversation_id, channel_id, agent_id, ai_agent_id, team, greatest(opened, asked), created_at
    FROM answered WHERE first AND asked IS NOT NULL
  UNION ALL SELECT 'ASSIGNMENT_TO_FIRST_RESPONSE', conversation_id, channel_id, agent_id, ai_agent_id, team, greatest(assigned, asked), created_at
    FROM answered WHERE first AND human AND asked IS NOT NULL AND assigned IS NOT NULL
  UNION ALL SELECT CASE WHEN human THEN 'REPLY' ELSE 'AI_REPLY' END, conversation_id, channel_id, agent_id, ai_agent_id, team, waited, created_at FROM answered WHERE waited IS NOT NULL)
SELECT f.*, floor(extract(epoch FROM f.at - f.since) * 1000)::bigint AS wall, CASE WHEN h.since IS NULL THEN floor(extract(epoch FROM f.at - f.since) * 1000) ELSE (
    -- Monday to Friday, 09:00 to 17:00 in Berlin.
    SELECT coalesce(floor(sum(extract(epoch FROM least(f.at, (d + time '17:00') AT TIME ZONE 'Europe/Berlin') - greatest(f.since, (d + time '09:00') AT TIME ZONE 'Europe/Berlin'))) * 1000), 0)
    FROM generate_series(date_trunc('day', f.since AT TIME ZONE 'Europe/Berlin'), f.at AT TIME ZONE 'Europe/Berlin', interval '1 day') d
    WHERE extract(isodow FROM d) < 6 AND least(f.at, (d + time '17:00') AT TIME ZONE 'Europe/Berlin') > greatest(f.since, (d + time '09:00') AT TIME ZONE 'Europe/Berlin')) END::bigint AS business
FROM facts f LEFT JOIN LATERAL (SELECT c.since FROM channel_hours c WHERE c.account_id = $1 AND c.channel_id = f.channel_id AND c.since <= f.at ORDER BY c.since DESC LIMIT 1) h ON true
