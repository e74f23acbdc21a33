-- The one way in for customers' messages: stores those of one account that came together, in one round trip.
-- Unique indexes decide about duplicates and races. A racing duplicate or a racing reopening raises a unique
-- violation, which undoes everything; the caller runs the batch again and then sees the other's rows.
-- Lock order: channels, contacts, conversations in the order of ids, agents (by trigger), the outbox last.

DO $$ BEGIN
  CREATE TYPE intake_item AS (
    ord int, channel_id uuid, kind text, address text, others text[], name text, phone text,
    external_id text, message_kind text, body text, data jsonb, raw jsonb, media jsonb,
    new_contact uuid, new_conversation uuid, message_id uuid, request_id uuid);
EXCEPTION WHEN duplicate_object THEN NULL; END $$;

-- The contact of a customer who is known by several addresses. All of them are one person: the oldest contact stays,
-- what the younger ones had goes to it, and where both had a live conversation on one channel the younger is closed.
CREATE OR REPLACE FUNCTION join_contacts(p_account bigint, p_kind text, p_addresses text[], p_name text, p_phone text, p_new uuid, p_now timestamptz)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  found uuid[];
  keep uuid;
BEGIN
  PERFORM 1 FROM contacts c WHERE c.account_id = p_account AND c.id IN (
    SELECT d.contact_id FROM identities d WHERE d.account_id = p_account AND d.kind = p_kind AND d.address = ANY (p_addresses))
    ORDER BY c.id FOR UPDATE;
  SELECT array_agg(x.id ORDER BY x.created_at, x.id) INTO found FROM (
    SELECT DISTINCT c.id, c.created_at FROM identities d JOIN contacts c ON c.account_id = p_account AND c.id = d.contact_id
    WHERE d.account_id = p_account AND d.kind = p_kind AND d.address = ANY (p_addresses)) x;
  keep := coalesce(found[1], p_new);
  IF found IS NULL THEN
    INSERT INTO contacts (account_id, id, name, phone_number, address, created_at) VALUES (p_account, p_new, p_name, p_phone, p_addresses[1], p_now);
  ELSE
    UPDATE contacts c SET phone_number = coalesce(c.phone_number, p_phone), name = CASE WHEN c.name = '' THEN p_name ELSE c.name END
      WHERE c.account_id = p_account AND c.id = keep AND ((c.phone_number IS NULL AND p_phone IS NOT NULL) OR (c.name = '' AND p_name <> ''));
  END IF;
  INSERT INTO identities (account_id, kind, address, contact_id, created_at)
    SELECT p_account, p_kind, a, keep, p_now FROM unnest(p_addresses) a ORDER BY a
    ON CONFLICT (account_id, kind, address) DO UPDATE SET contact_id = EXCLUDED.contact_id WHERE identities.contact_id <> EXCLUDED.contact_id;
  IF cardinality(found) > 1 THEN
    PERFORM merge_contacts(p_account, keep, found[2:], p_now);
  END IF;
  RETURN keep;
END $$;

CREATE OR REPLACE FUNCTION merge_contacts(p_account bigint, p_keep uuid, p_gone uuid[], p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM conversations v WHERE v.account_id = p_account AND v.contact_id = ANY (p_gone || p_keep) ORDER BY v.id FOR UPDATE;
  WITH live AS (
    SELECT v.id, row_number() OVER (PARTITION BY v.channel_id ORDER BY v.opened_at, v.id) AS place FROM conversations v
    WHERE v.account_id = p_account AND v.contact_id = ANY (p_gone || p_keep) AND v.status IN ('OPEN','AI_REPLYING','SNOOZED')),
  closed AS (
    UPDATE conversations v SET status = 'CLOSED', closed_at = p_now, closed_reason = 'MERGED', waiting_since = NULL, snoozed_until = NULL,
      unread_count = 0, version = v.version + 1 FROM live l
    WHERE v.account_id = p_account AND v.id = l.id AND l.place > 1 RETURNING v.*),
  kept AS (
    INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status, agent_id, ai_agent_id, team_id)
    SELECT c.account_id, c.id, c.version, p_now, 'MERGED', 'intake', c.status, c.agent_id, c.ai_agent_id, c.team_id FROM closed c)
  INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id) SELECT c.account_id, 'CONVERSATION_CHANGED', c.channel_id, c.id FROM closed c ORDER BY c.id;
  UPDATE conversations v SET contact_id = p_keep WHERE v.account_id = p_account AND v.contact_id = ANY (p_gone);
  UPDATE identities d SET contact_id = p_keep WHERE d.account_id = p_account AND d.contact_id = ANY (p_gone);
  UPDATE contacts c SET blocked_at = coalesce(c.blocked_at, g.blocked_at) FROM (
    SELECT min(x.blocked_at) AS blocked_at FROM contacts x WHERE x.account_id = p_account AND x.id = ANY (p_gone)) g
    WHERE c.account_id = p_account AND c.id = p_keep AND g.blocked_at IS NOT NULL AND c.blocked_at IS NULL;
  DELETE FROM contacts c WHERE c.account_id = p_account AND c.id = ANY (p_gone);
END $$;

-- Brings the last conversation of each pair back to life where the channel's policy says so, and nobody opened a new
-- one meanwhile. Its owner becomes the former agent: who answers it now is decided afresh.
CREATE OR REPLACE FUNCTION reopen_conversation(p_account bigint, p_channel uuid, p_contact uuid, p_now timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  r conversations;
BEGIN
  UPDATE conversations v SET status = 'OPEN', resolved_at = NULL, closed_at = NULL, closed_reason = NULL, version = v.version + 1, epoch = v.epoch + 1,
    former_agent_id = coalesce(v.agent_id, v.former_agent_id), agent_id = NULL, ai_agent_id = NULL, team_id = NULL
    FROM channels h WHERE h.account_id = p_account AND h.id = p_channel AND v.account_id = p_account AND v.status IN ('RESOLVED','CLOSED')
    AND v.id = (SELECT x.id FROM conversations x WHERE x.account_id = p_account AND x.contact_id = p_contact AND x.channel_id = p_channel
      AND x.closed_reason IS DISTINCT FROM 'MERGED' AND x.closed_reason IS DISTINCT FROM 'BLOCKED' ORDER BY x.last_activity_at DESC, x.id DESC LIMIT 1)
    AND (h.reopen_policy = 'REOPEN' OR (h.reopen_policy = 'REOPEN_WITHIN'
      AND coalesce(v.resolved_at, v.closed_at, v.last_activity_at) > p_now - make_interval(hours => h.reopen_within_hours)))
    RETURNING v.* INTO r;
  IF NOT FOUND THEN RETURN NULL; END IF;
  INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status)
    VALUES (p_account, r.id, r.version, p_now, 'CUSTOMER_WROTE', 'intake', r.status);
  INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id) VALUES (p_account, 'CONVERSATION_CHANGED', p_channel, r.id);
  RETURN r.id;
END $$;

-- The conversation that keeps the messages of a blocked contact: the last one as it stands, else a closed new one.
CREATE OR REPLACE FUNCTION blocked_conversation(p_account bigint, p_channel uuid, p_contact uuid, p_new uuid, p_now timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  last uuid;
BEGIN
  PERFORM 1 FROM contacts c WHERE c.account_id = p_account AND c.id = p_contact FOR UPDATE;
  SELECT v.id INTO last FROM conversations v WHERE v.account_id = p_account AND v.contact_id = p_contact AND v.channel_id = p_channel
    ORDER BY v.last_activity_at DESC, v.id DESC LIMIT 1 FOR UPDATE;
  IF last IS NULL THEN
    INSERT INTO conversations (account_id, id, channel_id, contact_id, status, opened_at, last_activity_at, closed_at, closed_reason)
      VALUES (p_account, p_new, p_channel, p_contact, 'CLOSED', p_now, p_now, p_now, 'BLOCKED') RETURNING id INTO last;
  END IF;
  RETURN last;
END $$;

-- Returns one row per message that was stored; a duplicate has none.
CREATE OR REPLACE FUNCTION intake(p_account bigint, p_now timestamptz, p_items jsonb)
RETURNS TABLE (ord int, conversation_id uuid, message_id uuid, seq bigint, began boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  items intake_item[];
  i intake_item;
  p record;
  blocked uuid[];
BEGIN
  SELECT array_agg(f ORDER BY f.ord) INTO items FROM (
    SELECT DISTINCT ON (x.channel_id, x.external_id) x.* FROM jsonb_populate_recordset(NULL::intake_item, p_items) x
    WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.account_id = p_account AND m.channel_id = x.channel_id AND m.external_id = x.external_id)
    ORDER BY x.channel_id, x.external_id, x.ord) f;
  IF items IS NULL THEN RETURN; END IF;

  -- Whoever changes the rights to a channel holds its row: they see what begins here, or it begins after them. The
  -- check of the foreign key takes the same lock, but after the events have got their places.
  PERFORM 1 FROM channels h WHERE h.account_id = p_account AND h.id IN (SELECT x.channel_id FROM unnest(items) x) ORDER BY h.id FOR KEY SHARE;

  -- Contacts. Those with one address go together; to join two addresses is rare and goes one by one.
  IF EXISTS (SELECT 1 FROM unnest(items) x WHERE NOT EXISTS (
      SELECT 1 FROM identities d WHERE d.account_id = p_account AND d.kind = x.kind AND d.address = x.address)) THEN
    WITH unknown AS (
      SELECT DISTINCT ON (x.kind, x.address) x.* FROM unnest(items) x WHERE x.others IS NULL AND NOT EXISTS (
        SELECT 1 FROM identities d WHERE d.account_id = p_account AND d.kind = x.kind AND d.address = x.address)
      ORDER BY x.kind, x.address, x.ord),
    known AS (
      INSERT INTO identities (account_id, kind, address, contact_id, created_at)
      SELECT p_account, u.kind, u.address, u.new_contact, p_now FROM unknown u ORDER BY u.kind, u.address
      ON CONFLICT DO NOTHING RETURNING contact_id)
    INSERT INTO contacts (account_id, id, name, phone_number, address, created_at)
      SELECT p_account, u.new_contact, u.name, u.phone, u.address, p_now FROM unknown u JOIN known k ON k.contact_id = u.new_contact;
  END IF;
  FOR i IN SELECT * FROM unnest(items) x WHERE x.others IS NOT NULL AND (
      SELECT count(DISTINCT d.contact_id) <> 1 OR count(*) <> 1 + cardinality(x.others) FROM identities d
      WHERE d.account_id = p_account AND d.kind = x.kind AND d.address = ANY (x.others || x.address)) ORDER BY x.ord LOOP
    PERFORM join_contacts(p_account, i.kind, i.address || i.others, i.name, i.phone, i.new_contact, p_now);
  END LOOP;

  -- Rare cases one by one: an ended conversation that the policy reopens, and blocked contacts.
  FOR p IN SELECT DISTINCT x.channel_id, d.contact_id, c.blocked_at IS NOT NULL AS is_blocked, min(x.new_conversation::text)::uuid AS new_id
      FROM unnest(items) x JOIN identities d ON d.account_id = p_account AND d.kind = x.kind AND d.address = x.address
      JOIN contacts c ON c.account_id = p_account AND c.id = d.contact_id JOIN channels h ON h.account_id = p_account AND h.id = x.channel_id
      WHERE c.blocked_at IS NOT NULL OR h.reopen_policy <> 'NEW' GROUP BY 1, 2, 3 ORDER BY 1, 2 LOOP
    IF p.is_blocked THEN
      blocked := blocked || blocked_conversation(p_account, p.channel_id, p.contact_id, p.new_id, p_now);
    ELSIF NOT EXISTS (SELECT 1 FROM conversations v WHERE v.account_id = p_account AND v.channel_id = p.channel_id AND v.contact_id = p.contact_id
        AND v.status IN ('OPEN','AI_REPLYING','SNOOZED')) THEN
      PERFORM reopen_conversation(p_account, p.channel_id, p.contact_id, p_now);
    END IF;
  END LOOP;

  RETURN QUERY WITH
  placed AS MATERIALIZED (
    SELECT x.*, d.contact_id, c.blocked_at IS NOT NULL AS is_blocked,
      row_number() OVER w AS nth, count(*) OVER (PARTITION BY x.channel_id, d.contact_id) AS n
    FROM unnest(items) x JOIN identities d ON d.account_id = p_account AND d.kind = x.kind AND d.address = x.address
    JOIN contacts c ON c.account_id = p_account AND c.id = d.contact_id
    WINDOW w AS (PARTITION BY x.channel_id, d.contact_id ORDER BY x.ord)),
  pairs AS MATERIALIZED (SELECT * FROM placed WHERE nth = 1),
  present AS MATERIALIZED (
    SELECT v.id, q.n, v.status AS before, q.is_blocked, v.version AS version_before FROM conversations v JOIN pairs q ON q.channel_id = v.channel_id AND q.contact_id = v.contact_id
    WHERE v.account_id = p_account AND (CASE WHEN q.is_blocked THEN v.id = ANY (blocked) ELSE v.status IN ('OPEN','AI_REPLYING','SNOOZED') END)
    ORDER BY v.id FOR NO KEY UPDATE OF v),
  grown AS (
    UPDATE conversations v SET last_seq = v.last_seq + s.n, last_activity_at = p_now,
      last_inbound_at = p_now,
      unread_count = v.unread_count + CASE WHEN s.is_blocked THEN 0 ELSE s.n END,
      waiting_since = CASE WHEN s.is_blocked THEN v.waiting_since ELSE coalesce(v.waiting_since, p_now) END,
      status = CASE WHEN v.status = 'SNOOZED' AND NOT s.is_blocked THEN 'OPEN' ELSE v.status END,
      snoozed_until = CASE WHEN s.is_blocked THEN v.snoozed_until END,
      version = v.version + CASE WHEN v.status = 'SNOOZED' AND NOT s.is_blocked THEN 1 ELSE 0 END
    FROM present s WHERE v.account_id = p_account AND v.id = s.id AND (s.is_blocked OR v.status IN ('OPEN','AI_REPLYING','SNOOZED'))
    RETURNING v.*, s.before),
  began AS (
    INSERT INTO conversations AS v (account_id, id, channel_id, contact_id, status, opened_at, last_activity_at, waiting_since, last_inbound_at, unread_count, last_seq)
    SELECT p_account, q.new_conversation, q.channel_id, q.contact_id, 'OPEN', p_now, p_now, p_now, p_now, q.n, q.n FROM pairs q
    WHERE NOT EXISTS (SELECT 1 FROM grown g WHERE g.channel_id = q.channel_id AND g.contact_id = q.contact_id)
    ORDER BY q.channel_id, q.contact_id
    ON CONFLICT (account_id, channel_id, contact_id) WHERE status IN ('OPEN','AI_REPLYING','SNOOZED') DO UPDATE SET
      last_seq = v.last_seq + EXCLUDED.last_seq, unread_count = v.unread_count + EXCLUDED.unread_count, last_activity_at = p_now,
      last_inbound_at = p_now, waiting_since = coalesce(v.waiting_since, p_now)
    RETURNING v.*),
  home AS (
    SELECT g.id, g.channel_id, g.contact_id, g.last_seq, g.version, g.agent_id, g.team_id, g.before, g.status FROM grown g UNION ALL
    SELECT b.id, b.channel_id, b.contact_id, b.last_seq, b.version, b.agent_id, b.team_id, NULL, b.status FROM began b),
  changed AS (
    INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status, agent_id, team_id)
    SELECT p_account, h.id, h.version, p_now, 'CUSTOMER_WROTE', 'intake', h.status, h.agent_id, h.team_id FROM home h
    WHERE (h.before IS NULL AND h.version = 1) OR (h.before = 'SNOOZED' AND h.status = 'OPEN') ON CONFLICT DO NOTHING),
  said AS (
    INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, blocked, text, data, external_id, created_at)
    SELECT p_account, h.id, h.last_seq - q.n + q.nth, q.message_id, q.channel_id, 'INBOUND', q.message_kind, q.is_blocked, q.body, q.data, q.external_id, p_now
    FROM placed q JOIN home h ON h.channel_id = q.channel_id AND h.contact_id = q.contact_id
    RETURNING id, conversation_id, seq),
  files AS (
    INSERT INTO attachments (account_id, id, conversation_id, message_id, position, state, content_type, file_name, source_url, created_at)
    SELECT p_account, f.id, s.conversation_id, s.id, f.position, 'PENDING', f.content_type, f.file_name, f.url, p_now
    FROM placed q JOIN said s ON s.id = q.message_id,
      jsonb_to_recordset(q.media) AS f(id uuid, position int, content_type text, file_name text, url text) RETURNING id),
  fetches AS (
    INSERT INTO river_job (args, kind, max_attempts, priority, queue, state)
    SELECT jsonb_build_object('account', p_account, 'attachment', f.id), 'fetch_media', 8, 2, 'media', 'available' FROM files f),
  requests AS (
    INSERT INTO webhook_requests (account_id, id, channel_id, external_id, kind, body, received_at)
    SELECT p_account, q.request_id, q.channel_id, q.external_id, 'MESSAGE', q.raw, p_now FROM placed q WHERE q.raw IS NOT NULL),
  told AS (
    INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, message_id, message_seq)
    SELECT p_account, e.kind, e.channel_id, e.conversation_id, e.message_id, e.seq FROM (
      SELECT 'CONVERSATION_ADDED' AS kind, h.channel_id, h.id AS conversation_id, NULL::uuid AS message_id, NULL::bigint AS seq, q.ord, 0 AS place
      FROM home h JOIN pairs q ON q.channel_id = h.channel_id AND q.contact_id = h.contact_id WHERE h.before IS NULL AND h.last_seq = q.n
      UNION ALL
      SELECT 'CONVERSATION_CHANGED', h.channel_id, h.id, NULL, NULL, q.ord, 0
      FROM home h JOIN pairs q ON q.channel_id = h.channel_id AND q.contact_id = h.contact_id WHERE h.before = 'SNOOZED' AND h.status = 'OPEN'
      UNION ALL
      SELECT 'MESSAGE_ADDED', q.channel_id, s.conversation_id, s.id, s.seq, q.ord, 1 FROM placed q JOIN said s ON s.id = q.message_id WHERE NOT q.is_blocked) e
    ORDER BY e.ord, e.place)
  SELECT q.ord, s.conversation_id, s.id, s.seq, h.before IS NULL AND h.last_seq = q.n
  FROM placed q JOIN said s ON s.id = q.message_id JOIN home h ON h.id = s.conversation_id ORDER BY q.ord;
END $$;
