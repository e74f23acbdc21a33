-- The usual message: it came alone, from a customer known by one address who is in the middle of a conversation. It is
-- stored by a fraction of what intake() does; everything else is left to that one, and so is a message that is known
-- already. Returns what intake() does.
-- Lock order: the channel's table, the conversation, the log last. The look-ups are by whole keys, as in intake(), and so is the planner kept
-- to them.
DROP FUNCTION IF EXISTS intake_one(bigint, timestamptz, jsonb, boolean);
CREATE FUNCTION intake_one(p_account bigint, p_now timestamptz, p_items jsonb, p_number boolean)
RETURNS TABLE (ord int, conversation_id uuid, message_id uuid, seq bigint, began boolean, kinds text[], first bigint, react boolean) LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  i intake_item := jsonb_populate_record(NULL::intake_item, p_items -> 0);
  home uuid;
  at bigint;
  number bigint;
  due boolean;
  hears boolean;
BEGIN
  IF i.others IS NULL AND i.media IS NULL AND i.answers IS NULL THEN
    hears := (SELECT h.hours @> '{"enabled":true}' FROM channels h WHERE h.account_id = p_account AND h.id = i.channel_id);
    WITH grown AS (
      UPDATE conversations v SET last_seq = v.last_seq + 1, last_activity_at = p_now, last_inbound_at = p_now, unread_count = v.unread_count + 1,
        waiting_since = coalesce(v.waiting_since, p_now), last_inbound_seq = v.last_seq + 1,
        handled_seq = CASE WHEN v.handled_seq < v.last_inbound_seq OR v.status = 'AI_REPLYING' OR hears THEN v.handled_seq ELSE v.last_seq + 1 END
      WHERE v.account_id = p_account AND v.status IN ('OPEN','AI_REPLYING') AND v.id = (
        SELECT x.id FROM conversations x WHERE x.account_id = p_account AND x.channel_id = i.channel_id AND x.status IN ('OPEN','AI_REPLYING','SNOOZED') AND x.contact_id = (
          SELECT d.contact_id FROM identities d WHERE d.account_id = p_account AND d.kind = i.kind AND d.address = i.address
          AND (SELECT c.blocked_at FROM contacts c WHERE c.account_id = p_account AND c.id = d.contact_id) IS NULL) LIMIT 1)
        AND (SELECT true FROM messages m WHERE m.account_id = p_account AND m.channel_id = i.channel_id AND m.external_id = i.external_id) IS NULL
      RETURNING v.id, v.last_seq, v.to_place IS NOT NULL OR v.handled_seq < v.last_inbound_seq AS react),
    said AS (
      INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, data, external_id, created_at)
      SELECT p_account, g.id, g.last_seq, i.message_id, i.channel_id, 'INBOUND', i.message_kind, i.body, i.data, i.external_id, p_now FROM grown g),
    kept AS (
      INSERT INTO webhook_requests (account_id, id, channel_id, external_id, kind, body, received_at)
      SELECT p_account, i.request_id, i.channel_id, i.external_id, 'MESSAGE', i.raw, p_now FROM grown g WHERE i.raw IS NOT NULL)
    SELECT g.id, g.last_seq, g.react INTO home, at, due FROM grown g;
  END IF;
  IF home IS NULL THEN
    RETURN QUERY SELECT * FROM intake(p_account, p_now, p_items, p_number);
    RETURN;
  END IF;
  -- As claim_numbers() does, in one statement.
  WITH free AS (
    SELECT f.account_id FROM account_feed f WHERE p_number AND f.account_id = p_account
      AND NOT EXISTS (SELECT 1 FROM event_outbox o WHERE o.account_id = p_account) FOR UPDATE SKIP LOCKED),
  claimed AS (UPDATE account_feed f SET last_seq = f.last_seq + 1 FROM free WHERE f.account_id = free.account_id RETURNING f.last_seq),
  logged AS (
    INSERT INTO events (account_id, seq, kind, channel_id, conversation_id, message_id, message_seq, created_at)
    SELECT p_account, c.last_seq, 'MESSAGE_ADDED', i.channel_id, home, i.message_id, at, now() FROM claimed c),
  left_over AS (
    INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, message_id, message_seq)
    SELECT p_account, 'MESSAGE_ADDED', i.channel_id, home, i.message_id, at WHERE NOT EXISTS (SELECT 1 FROM claimed))
  SELECT c.last_seq INTO number FROM claimed c;
  RETURN QUERY SELECT i.ord, home, i.message_id, at, false, ARRAY['MESSAGE_ADDED'], number, due;
END $$;
