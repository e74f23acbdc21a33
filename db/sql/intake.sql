-- The one way in for customers' messages: stores those of one account that came together, in one round trip.
-- Unique indexes decide about duplicates and races. A racing duplicate or a racing reopening raises a unique
-- violation, which undoes everything; the caller runs the batch again and then sees the other's rows.
-- Lock order: channels, contacts, conversations in the order of ids, agents (by trigger), the outbox or the log last.

-- What functions return cannot be replaced.
DROP FUNCTION IF EXISTS intake(bigint, timestamptz, jsonb, boolean);
DROP TYPE IF EXISTS intake_arrival CASCADE;
CREATE TYPE intake_arrival AS (
  ord int, channel_id uuid, conversation_id uuid, message_id uuid, seq bigint, began boolean, kinds text[], react boolean);

DO $$ BEGIN
  CREATE TYPE intake_item AS (
    ord int, channel_id uuid, kind text, address text, others text[], name text, phone text,
    external_id text, message_kind text, body text, data jsonb, raw jsonb, media jsonb,
    new_contact uuid, new_conversation uuid, message_id uuid, request_id uuid);
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
-- answers: the message may answer a survey, the one named or the last. pressed: with a button.
DO $$ BEGIN
  ALTER TYPE intake_item ADD ATTRIBUTE answers boolean, ADD ATTRIBUTE survey uuid, ADD ATTRIBUTE pressed boolean;
EXCEPTION WHEN duplicate_column THEN NULL; END $$;
DO $$ BEGIN
  CREATE TYPE intake_place AS (
    ord int, channel_id uuid, contact_id uuid, is_blocked boolean, nth bigint, n bigint, conversation_id uuid, before text);
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
  WITH moved AS (
    UPDATE conversations v SET contact_id = p_keep WHERE v.account_id = p_account AND v.contact_id = ANY (p_gone) RETURNING v.*)
  INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id)
    SELECT m.account_id, 'CONVERSATION_CHANGED', m.channel_id, m.id FROM moved m WHERE m.status <> 'CLOSED' OR m.closed_reason = 'MERGED' ORDER BY m.id;
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
    former_agent_id = coalesce(v.agent_id, v.former_agent_id), agent_id = NULL, ai_agent_id = NULL, team_id = NULL,
    handed_over_at = NULL, to_place = CASE WHEN channel_places(p_account, p_channel) THEN 'ALL' END
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

-- The survey that a message answers; null: none. A button and a quote say which. A bare number answers the last thing that
-- the customer was asked: once somebody has written to them since, it answers that.
CREATE OR REPLACE FUNCTION survey_answered(p_account bigint, i intake_item, p_now timestamptz) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE
  customer uuid;
  asked surveys;
BEGIN
  SELECT c.id INTO customer FROM identities d JOIN contacts c ON c.account_id = p_account AND c.id = d.contact_id AND c.blocked_at IS NULL
    WHERE d.account_id = p_account AND d.kind = i.kind AND d.address = i.address;
  SELECT s.* INTO asked FROM conversations v JOIN surveys s ON s.account_id = p_account AND s.conversation_id = v.id
    WHERE v.account_id = p_account AND v.contact_id = customer AND v.channel_id = i.channel_id AND v.last_activity_at > p_now - interval '31 days'
    AND s.message_id IS NOT NULL AND s.expires_at > p_now AND s.id = coalesce(i.survey, s.id)
    AND (i.survey IS NOT NULL OR i.data ->> 'quoted' IS NULL OR s.message_id = (
      SELECT m.id FROM messages m WHERE m.account_id = p_account AND m.channel_id = i.channel_id AND m.external_id = i.data ->> 'quoted'))
    ORDER BY s.created_at DESC, s.id DESC LIMIT 1;
  IF i.pressed OR i.data ->> 'quoted' IS NOT NULL THEN RETURN asked.id; END IF;
  RETURN (SELECT asked.id WHERE NOT EXISTS (SELECT 1 FROM conversations v CROSS JOIN LATERAL (
      SELECT m.created_at FROM messages m WHERE m.account_id = p_account AND m.conversation_id = v.id AND m.direction = 'OUTBOUND'
      AND (m.agent_id IS NOT NULL OR m.ai_agent_id IS NOT NULL) ORDER BY m.seq DESC LIMIT 1) w
    WHERE v.account_id = p_account AND v.contact_id = customer AND v.channel_id = i.channel_id AND v.last_activity_at > asked.created_at AND w.created_at > asked.created_at));
END $$;

-- Stores a message that answers a survey, in the conversation that the survey is about. That stays as it is: an answer
-- opens nothing, waits for nobody and is unread by nobody; what the desk does about it is still to be done.
CREATE OR REPLACE FUNCTION intake_answer(p_account bigint, i intake_item, p_survey uuid, p_now timestamptz) RETURNS intake_arrival LANGUAGE plpgsql AS $$
DECLARE
  home uuid;
  at bigint;
BEGIN
  UPDATE conversations v SET last_seq = v.last_seq + 1, last_activity_at = p_now, last_inbound_at = p_now, last_inbound_seq = v.last_seq + 1
    FROM surveys s WHERE s.account_id = p_account AND s.id = p_survey AND v.account_id = p_account AND v.id = s.conversation_id
    RETURNING v.id, v.last_seq INTO home, at;
  INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, data, external_id, created_at)
    VALUES (p_account, home, at, i.message_id, i.channel_id, 'INBOUND', i.message_kind, i.body, coalesce(i.data, '{}') || jsonb_build_object('survey', p_survey), i.external_id, p_now);
  IF i.raw IS NOT NULL THEN
    INSERT INTO webhook_requests (account_id, id, channel_id, external_id, kind, body, received_at)
      VALUES (p_account, i.request_id, i.channel_id, i.external_id, 'MESSAGE', i.raw, p_now);
  END IF;
  RETURN ROW(i.ord, i.channel_id, home, i.message_id, at, false, ARRAY['MESSAGE_ADDED'], true)::intake_arrival;
END $$;

-- Where each message goes: its contact, how many of that contact on that channel came together and the how-manieth it
-- is, and the conversation that is there for it. Every look-up is by a whole key in a subquery of its own: a join would
-- leave the way to the planner, which knows nothing of a database that has just begun and keeps its first plan.
CREATE OR REPLACE FUNCTION intake_places(p_account bigint, p_items intake_item[], p_blocked uuid[]) RETURNS intake_place[] LANGUAGE plpgsql STABLE AS $$
DECLARE
  places intake_place[];
BEGIN
  SELECT array_agg(ROW(k.ord, k.channel_id, k.contact_id, k.is_blocked, k.nth, k.n,
    CASE WHEN k.nth > 1 THEN NULL WHEN k.is_blocked THEN
      (SELECT v.id FROM conversations v WHERE v.account_id = p_account AND v.id = ANY (p_blocked) AND v.channel_id = k.channel_id AND v.contact_id = k.contact_id LIMIT 1)
    ELSE
      (SELECT v.id FROM conversations v WHERE v.account_id = p_account AND v.channel_id = k.channel_id AND v.contact_id = k.contact_id
        AND v.status IN ('OPEN','AI_REPLYING','SNOOZED') LIMIT 1)
    END, NULL)::intake_place) INTO places
  FROM (
    SELECT w.*, row_number() OVER (PARTITION BY w.channel_id, w.contact_id ORDER BY w.ord) AS nth, count(*) OVER (PARTITION BY w.channel_id, w.contact_id) AS n,
      coalesce((SELECT c.blocked_at IS NOT NULL FROM contacts c WHERE c.account_id = p_account AND c.id = w.contact_id), false) AS is_blocked
    FROM (SELECT x.ord, x.channel_id, (SELECT d.contact_id FROM identities d WHERE d.account_id = p_account AND d.kind = x.kind AND d.address = x.address) AS contact_id
      FROM unnest(p_items) x OFFSET 0) w OFFSET 0) k;
  RETURN places;
END $$;

-- Returns one row per message that was stored; a duplicate has none. The kinds are the message's events. With p_number
-- they have got their numbers in the account's log, from first on; where first is null they wait in the outbox. react
-- says that the desk has something to do about the conversation: to place it, or to answer by itself. The
-- settings keep the planner to the keys and to plans made once: new ones cost more than the rest of a small batch.
CREATE OR REPLACE FUNCTION intake(p_account bigint, p_now timestamptz, p_items jsonb, p_number boolean)
RETURNS TABLE (ord int, conversation_id uuid, message_id uuid, seq bigint, began boolean, kinds text[], first bigint, react boolean) LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  items intake_item[];
  places intake_place[];
  i intake_item;
  p record;
  blocked uuid[];
  arrivals intake_arrival[];
  answers intake_arrival[];
BEGIN
  SELECT array_agg(f.x ORDER BY (f.x).ord) INTO items FROM (
    SELECT DISTINCT ON (x.channel_id, x.external_id) x FROM jsonb_populate_recordset(NULL::intake_item, p_items) x
    WHERE (SELECT true FROM messages m WHERE m.account_id = p_account AND m.channel_id = x.channel_id AND m.external_id = x.external_id) IS NULL
    ORDER BY x.channel_id, x.external_id, x.ord) f;
  IF items IS NULL THEN RETURN; END IF;

  -- Whoever changes the rights to a channel holds its row: they see what begins here, or it begins after them. The
  -- check of the foreign key takes the same lock, but after conversations, and too late for one that is reopened.
  PERFORM 1 FROM channels h WHERE h.account_id = p_account AND h.id = ANY (ARRAY(SELECT DISTINCT x.channel_id FROM unnest(items) x)) ORDER BY h.id FOR KEY SHARE;

  -- Rare, too: answers to surveys, one by one.
  FOR p IN SELECT x.ord, survey_answered(p_account, x, p_now) AS survey FROM unnest(items) x WHERE x.answers ORDER BY x.ord LOOP
    IF p.survey IS NOT NULL THEN
      SELECT x.* INTO i FROM unnest(items) x WHERE x.ord = p.ord;
      answers := answers || intake_answer(p_account, i, p.survey, p_now);
      items := array(SELECT x FROM unnest(items) x WHERE x.ord <> p.ord ORDER BY x.ord);
    END IF;
  END LOOP;
  IF cardinality(items) = 0 THEN
    RETURN QUERY SELECT * FROM tell_arrivals(p_account, answers, p_number);
    RETURN;
  END IF;

  -- Contacts. Those with one address go together; to join two addresses is rare and goes one by one.
  IF EXISTS (SELECT 1 FROM unnest(items) x WHERE x.others IS NULL
      AND (SELECT true FROM identities d WHERE d.account_id = p_account AND d.kind = x.kind AND d.address = x.address) IS NULL) THEN
    WITH unknown AS (
      SELECT DISTINCT ON (x.kind, x.address) x.* FROM unnest(items) x WHERE x.others IS NULL
        AND (SELECT true FROM identities d WHERE d.account_id = p_account AND d.kind = x.kind AND d.address = x.address) IS NULL
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

  -- Rare cases one by one: blocked contacts, and an ended conversation that the policy reopens.
  places := intake_places(p_account, items, NULL);
  FOR p IN SELECT q.channel_id, q.contact_id, q.is_blocked, x.new_conversation AS new_id FROM unnest(places) q JOIN unnest(items) x ON x.ord = q.ord
      WHERE q.nth = 1 AND (q.is_blocked OR q.conversation_id IS NULL
        AND (SELECT h.reopen_policy <> 'NEW' FROM channels h WHERE h.account_id = p_account AND h.id = q.channel_id)) ORDER BY 1, 2 LOOP
    IF p.is_blocked THEN
      blocked := blocked || blocked_conversation(p_account, p.channel_id, p.contact_id, p.new_id, p_now);
    ELSE
      blocked := blocked || reopen_conversation(p_account, p.channel_id, p.contact_id, p_now);
    END IF;
  END LOOP;
  IF blocked IS NOT NULL THEN
    places := intake_places(p_account, items, blocked);
  END IF;

  -- The conversations that are there are locked in the order of their ids, and then looked at as they are.
  WITH held AS (
    SELECT v.id, v.status FROM conversations v WHERE v.account_id = p_account
      AND v.id = ANY (ARRAY(SELECT q.conversation_id FROM unnest(places) q WHERE q.conversation_id IS NOT NULL)) ORDER BY v.id FOR NO KEY UPDATE)
  SELECT array_agg(ROW(q.ord, q.channel_id, q.contact_id, q.is_blocked, q.nth, q.n, h.id, h.status)::intake_place) INTO places
    FROM unnest(places) q LEFT JOIN held h ON h.id = q.conversation_id AND (q.is_blocked OR h.status IN ('OPEN','AI_REPLYING','SNOOZED'));

  WITH
  placed AS MATERIALIZED (
    SELECT x.*, q.contact_id, q.is_blocked, q.nth, q.n, q.before, q.conversation_id FROM unnest(items) x JOIN unnest(places) q ON q.ord = x.ord),
  grown AS (
    UPDATE conversations v SET last_seq = v.last_seq + q.n, last_activity_at = p_now,
      last_inbound_at = p_now,
      last_inbound_seq = CASE WHEN q.is_blocked THEN v.last_inbound_seq ELSE v.last_seq + q.n END,
      handled_seq = CASE WHEN q.is_blocked OR v.handled_seq < v.last_inbound_seq OR v.status = 'AI_REPLYING'
        OR (SELECT h.hours @> '{"enabled":true}' FROM channels h WHERE h.account_id = p_account AND h.id = v.channel_id)
        THEN v.handled_seq ELSE v.last_seq + q.n END,
      to_place = CASE WHEN v.status = 'SNOOZED' AND NOT q.is_blocked AND channel_places(p_account, v.channel_id) THEN 'HUMANS' ELSE v.to_place END,
      target_kind = CASE WHEN v.status = 'SNOOZED' AND NOT q.is_blocked AND v.team_id IS NOT NULL AND channel_places(p_account, v.channel_id) THEN 'TEAM' ELSE v.target_kind END,
      target_id = CASE WHEN v.status = 'SNOOZED' AND NOT q.is_blocked AND channel_places(p_account, v.channel_id) THEN v.team_id ELSE v.target_id END,
      unread_count = v.unread_count + CASE WHEN q.is_blocked THEN 0 ELSE q.n END,
      waiting_since = CASE WHEN q.is_blocked THEN v.waiting_since ELSE coalesce(v.waiting_since, p_now) END,
      status = CASE WHEN v.status = 'SNOOZED' AND NOT q.is_blocked THEN 'OPEN' ELSE v.status END,
      snoozed_until = CASE WHEN q.is_blocked THEN v.snoozed_until END,
      version = v.version + CASE WHEN v.status = 'SNOOZED' AND NOT q.is_blocked THEN 1 ELSE 0 END
    FROM unnest(places) q WHERE v.account_id = p_account AND v.id = q.conversation_id
    RETURNING v.id, v.channel_id, v.contact_id, v.last_seq, v.version, v.agent_id, v.team_id, q.before, v.status, q.n,
      v.to_place IS NOT NULL OR v.handled_seq < v.last_inbound_seq AS react),
  began AS (
    INSERT INTO conversations AS v (account_id, id, channel_id, contact_id, status, opened_at, last_activity_at, waiting_since, last_inbound_at, unread_count, last_seq,
      last_inbound_seq, handled_seq, to_place)
    SELECT p_account, q.new_conversation, q.channel_id, q.contact_id, 'OPEN', p_now, p_now, p_now, p_now, q.n, q.n,
      q.n, CASE WHEN channel_greets(p_account, q.channel_id) THEN 0 ELSE q.n END,
      CASE WHEN channel_places(p_account, q.channel_id) THEN 'ALL' END FROM placed q
    WHERE q.nth = 1 AND q.conversation_id IS NULL ORDER BY q.channel_id, q.contact_id
    ON CONFLICT (account_id, channel_id, contact_id) WHERE status IN ('OPEN','AI_REPLYING','SNOOZED') DO UPDATE SET
      last_seq = v.last_seq + EXCLUDED.last_seq, unread_count = v.unread_count + EXCLUDED.unread_count, last_activity_at = p_now,
      last_inbound_at = p_now, waiting_since = coalesce(v.waiting_since, p_now), last_inbound_seq = v.last_seq + EXCLUDED.last_seq,
      handled_seq = CASE WHEN v.handled_seq < v.last_inbound_seq OR EXCLUDED.handled_seq = 0 THEN v.handled_seq ELSE v.last_seq + EXCLUDED.last_seq END
    RETURNING v.*),
  home AS MATERIALIZED (
    SELECT g.id, g.channel_id, g.contact_id, g.last_seq, g.version, g.agent_id, g.team_id, g.before, g.status, g.react FROM grown g UNION ALL
    SELECT b.id, b.channel_id, b.contact_id, b.last_seq, b.version, b.agent_id, b.team_id, NULL, b.status, b.to_place IS NOT NULL OR b.handled_seq < b.last_inbound_seq FROM began b),
  changed AS (
    INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status, agent_id, team_id)
    SELECT p_account, h.id, h.version, p_now, 'CUSTOMER_WROTE', 'intake', h.status, h.agent_id, h.team_id FROM home h
    WHERE (h.before IS NULL AND h.version = 1) OR (h.before = 'SNOOZED' AND h.status = 'OPEN') ON CONFLICT DO NOTHING),
  arrived AS MATERIALIZED (
    SELECT q.*, h.id AS home_id, h.last_seq - q.n + q.nth AS seq, h.before IS NULL AND h.last_seq = q.n AS began,
      h.before = 'SNOOZED' AND h.status = 'OPEN' AS woke, h.react FROM placed q JOIN home h ON h.channel_id = q.channel_id AND h.contact_id = q.contact_id),
  said AS (
    INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, blocked, text, data, external_id, created_at)
    SELECT p_account, q.home_id, q.seq, q.message_id, q.channel_id, 'INBOUND', q.message_kind, q.is_blocked, q.body, q.data, q.external_id, p_now FROM arrived q),
  files AS (
    INSERT INTO attachments (account_id, id, conversation_id, message_id, position, state, content_type, file_name, source_url, created_at)
    SELECT p_account, f.id, q.home_id, q.message_id, f.position, 'PENDING', f.content_type, f.file_name, f.url, p_now
    FROM arrived q, jsonb_to_recordset(q.media) AS f(id uuid, position int, content_type text, file_name text, url text) RETURNING id),
  fetches AS (
    INSERT INTO river_job (args, kind, max_attempts, priority, queue, state)
    SELECT jsonb_build_object('account', p_account, 'attachment', f.id), 'fetch_media', 8, 2, 'media', 'available' FROM files f),
  requests AS (
    INSERT INTO webhook_requests (account_id, id, channel_id, external_id, kind, body, received_at)
    SELECT p_account, q.request_id, q.channel_id, q.external_id, 'MESSAGE', q.raw, p_now FROM arrived q WHERE q.raw IS NOT NULL)
  SELECT array_agg(ROW(q.ord, q.channel_id, q.home_id, q.message_id, q.seq, q.began, array_remove(ARRAY[
      CASE WHEN q.nth = 1 AND q.began THEN 'CONVERSATION_ADDED' WHEN q.nth = 1 AND q.woke THEN 'CONVERSATION_CHANGED' END,
      CASE WHEN NOT q.is_blocked THEN 'MESSAGE_ADDED' END], NULL), q.react AND NOT q.is_blocked)::intake_arrival ORDER BY q.ord) INTO arrivals FROM arrived q;
  -- A conversation that went to another contact while this waited for its row is found there by the next try.
  IF coalesce(cardinality(arrivals), 0) <> cardinality(items) THEN
    RAISE EXCEPTION 'contacts were merged meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN QUERY SELECT * FROM tell_arrivals(p_account, answers || arrivals, p_number);
END $$;

-- Tells of messages that were stored, last in their transaction.
CREATE OR REPLACE FUNCTION tell_arrivals(p_account bigint, p_arrivals intake_arrival[], p_number boolean)
RETURNS TABLE (ord int, conversation_id uuid, message_id uuid, seq bigint, began boolean, kinds text[], first bigint, react boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  base bigint;
BEGIN
  IF p_number THEN
    base := claim_numbers(p_account, (SELECT sum(cardinality(a.kinds)) FROM unnest(p_arrivals) a)::bigint);
  END IF;
  IF base IS NULL THEN
    INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, message_id, message_seq)
      SELECT p_account, k.kind, a.channel_id, a.conversation_id, CASE WHEN k.kind = 'MESSAGE_ADDED' THEN a.message_id END, CASE WHEN k.kind = 'MESSAGE_ADDED' THEN a.seq END
      FROM unnest(p_arrivals) a CROSS JOIN LATERAL unnest(a.kinds) WITH ORDINALITY k(kind, place) ORDER BY a.ord, k.place;
  ELSE
    INSERT INTO events (account_id, seq, kind, channel_id, conversation_id, message_id, message_seq, created_at)
      SELECT p_account, base + row_number() OVER (ORDER BY a.ord, k.place), k.kind, a.channel_id, a.conversation_id,
        CASE WHEN k.kind = 'MESSAGE_ADDED' THEN a.message_id END, CASE WHEN k.kind = 'MESSAGE_ADDED' THEN a.seq END, now()
      FROM unnest(p_arrivals) a CROSS JOIN LATERAL unnest(a.kinds) WITH ORDINALITY k(kind, place);
  END IF;
  RETURN QUERY SELECT a.ord, a.conversation_id, a.message_id, a.seq, a.began, a.kinds,
    base + (sum(cardinality(a.kinds)) OVER (ORDER BY a.ord) - cardinality(a.kinds))::bigint + 1, a.react FROM unnest(p_arrivals) a;
END $$;
