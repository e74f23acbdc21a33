-- Sending: one message at a time per conversation, under a lease by the database's clock.
-- Lock order: the lease, the message, its attempts, the outbox last. Of a message no two ever decide the outcome of one
-- attempt: it is written once, and whoever comes later finds it.

-- How far a status is; the same numbers as DeliveryStatus.Rank in Go.
CREATE OR REPLACE FUNCTION status_rank(p_status text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT array_position(ARRAY['QUEUED','SENDING','UNKNOWN','SENT','FAILED','DELIVERED','READ'], p_status)
$$;

-- Wakes the sender of a conversation, at once or at the given time. River works a job that is available and due at its
-- next look; a scheduled one would first wait for its leader.
CREATE OR REPLACE FUNCTION queue_send(p_account bigint, p_conversation uuid, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO river_job (args, kind, max_attempts, priority, queue, state, scheduled_at)
  VALUES (jsonb_build_object('account', p_account, 'conversation', p_conversation), 'send_messages', 25, 1, 'send', 'available', coalesce(p_at, now()))
$$;

CREATE OR REPLACE FUNCTION tell_message(p_message messages) RETURNS void LANGUAGE sql AS $$
  INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, message_id, message_seq)
  VALUES (p_message.account_id, 'MESSAGE_CHANGED', p_message.channel_id, p_message.conversation_id, p_message.id, p_message.seq)
$$;

-- Keeps a conversation from being sent for a while, and wakes its sender then. One that waits already, or is at work,
-- is left alone: its end is seen to.
CREATE OR REPLACE FUNCTION hold_send(p_account bigint, p_conversation uuid, p_for interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  due timestamptz := clock_timestamp() + p_for;
BEGIN
  INSERT INTO send_leases AS l (account_id, conversation_id, fence, expires_at, not_before) VALUES (p_account, p_conversation, 0, '-infinity', due)
    ON CONFLICT (account_id, conversation_id) DO UPDATE SET not_before = due
    WHERE l.expires_at <= clock_timestamp() AND coalesce(l.not_before, '-infinity') <= clock_timestamp();
  IF FOUND THEN
    PERFORM queue_send(p_account, p_conversation, due);
  END IF;
END $$;

-- Takes the lease (p_fence null) or keeps it, and begins the next message: SENDING is committed before the provider is
-- called. No row: the lease is another's, or has to wait. A row without a message: nothing is left, the lease is given
-- back. "broken" is a message whose sender died in the middle: the caller settles it and comes again.
CREATE OR REPLACE FUNCTION claim_send(p_account bigint, p_conversation uuid, p_fence bigint, p_lease interval, p_now timestamptz)
RETURNS TABLE (fence bigint, message_id uuid, attempt int, broken boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  held bigint;
  m messages;
  past text;
BEGIN
  IF p_fence IS NULL THEN
    INSERT INTO send_leases AS l (account_id, conversation_id, fence, expires_at) VALUES (p_account, p_conversation, 1, clock_timestamp() + p_lease)
      ON CONFLICT (account_id, conversation_id) DO UPDATE SET fence = l.fence + 1, expires_at = clock_timestamp() + p_lease, not_before = NULL
      WHERE l.expires_at <= clock_timestamp() AND coalesce(l.not_before, '-infinity') <= clock_timestamp() RETURNING l.fence INTO held;
  ELSE
    UPDATE send_leases l SET expires_at = clock_timestamp() + p_lease
      WHERE l.account_id = p_account AND l.conversation_id = p_conversation AND l.fence = p_fence RETURNING l.fence INTO held;
  END IF;
  IF held IS NULL THEN RETURN; END IF;
  SELECT x.* INTO m FROM messages x WHERE x.account_id = p_account AND x.conversation_id = p_conversation AND x.status IN ('QUEUED','SENDING')
    ORDER BY x.seq LIMIT 1 FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    -- Who queued a message after this looked comes to the lease later: they wait for its row and find it given back.
    UPDATE send_leases l SET expires_at = '-infinity' WHERE l.account_id = p_account AND l.conversation_id = p_conversation;
    RETURN QUERY SELECT held, NULL::uuid, NULL::int, false;
    RETURN;
  END IF;

  SELECT coalesce(a.outcome, 'OPEN') INTO past FROM send_attempts a WHERE a.account_id = p_account AND a.message_id = m.id AND a.attempt = m.attempt;
  IF past = 'OPEN' AND m.status = 'SENDING' THEN
    RETURN QUERY SELECT held, m.id, m.attempt, true;
    RETURN;
  END IF;
  IF past = 'OPEN' THEN -- asked for by hand: the row stands already
    UPDATE send_attempts a SET started_at = p_now WHERE a.account_id = p_account AND a.message_id = m.id AND a.attempt = m.attempt;
  ELSE
    m.attempt := m.attempt + 1;
    INSERT INTO send_attempts (account_id, message_id, attempt, started_at) VALUES (p_account, m.id, m.attempt, p_now);
  END IF;
  UPDATE messages x SET status = 'SENDING', attempt = m.attempt, version = x.version + CASE WHEN x.status = 'SENDING' THEN 0 ELSE 1 END
    WHERE x.account_id = p_account AND x.conversation_id = p_conversation AND x.seq = m.seq;
  IF m.status <> 'SENDING' THEN
    PERFORM tell_message(m);
  END IF;
  RETURN QUERY SELECT held, m.id, m.attempt, false;
END $$;

-- Writes down how an attempt ended. An outcome that is known already stays, but the provider's id is never lost: it
-- proves that the message was taken. p_status is where the outcome leads: SENT, UNKNOWN, FAILED, QUEUED, or SENDING to
-- try again after p_hold. Returns whether the outcome was this caller's to decide.
CREATE OR REPLACE FUNCTION finish_send(p_account bigint, p_message uuid, p_attempt int, p_fence bigint, p_outcome text, p_status text,
  p_external text, p_code text, p_text text, p_advice text, p_hold interval, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  m messages;
  due timestamptz := clock_timestamp() + p_hold;
  moved boolean;
BEGIN
  IF p_hold IS NOT NULL THEN
    PERFORM 1 FROM send_leases l JOIN messages x ON x.account_id = l.account_id AND x.conversation_id = l.conversation_id
      WHERE x.account_id = p_account AND x.id = p_message FOR NO KEY UPDATE OF l;
  END IF;
  SELECT x.* INTO m FROM messages x WHERE x.account_id = p_account AND x.id = p_message FOR NO KEY UPDATE;
  UPDATE send_attempts a SET ended_at = coalesce(a.ended_at, p_now), outcome = p_outcome, external_id = coalesce(p_external, a.external_id), error_code = p_code
    WHERE a.account_id = p_account AND a.message_id = p_message AND a.attempt = p_attempt AND (a.outcome IS NULL OR p_outcome = 'SENT');
  IF NOT FOUND OR m.attempt <> p_attempt THEN RETURN false; END IF;
  moved := m.status IN ('SENDING','UNKNOWN') AND m.status <> p_status;
  IF moved OR m.external_id IS DISTINCT FROM coalesce(p_external, m.external_id) THEN
    UPDATE messages x SET external_id = coalesce(p_external, x.external_id), sent_at = CASE WHEN p_status = 'SENT' THEN coalesce(x.sent_at, p_now) ELSE x.sent_at END,
      status = CASE WHEN moved THEN p_status ELSE x.status END, version = x.version + moved::int,
      error_code = CASE WHEN moved THEN p_code ELSE x.error_code END, error_text = CASE WHEN moved THEN p_text ELSE x.error_text END,
      advice = CASE WHEN moved THEN p_advice ELSE x.advice END
      WHERE x.account_id = p_account AND x.conversation_id = m.conversation_id AND x.seq = m.seq;
  END IF;
  IF p_hold IS NOT NULL THEN
    UPDATE send_leases l SET expires_at = '-infinity', not_before = due WHERE l.account_id = p_account AND l.conversation_id = m.conversation_id AND l.fence = p_fence;
    IF FOUND THEN
      PERFORM queue_send(p_account, m.conversation_id, due);
    END IF;
  END IF;
  IF moved THEN
    PERFORM tell_message(m);
  END IF;
  RETURN true;
END $$;

-- Follows a provider's report about a message of ours, found by our id or by the provider's. A report about an attempt
-- that a later one replaced teaches us the provider's id and nothing else. The status only moves forward; what proves
-- arrival clears an error, and a code is added to a failure that had none. So the order of reports does not matter.
-- Returns whether the report is about a message of the channel.
CREATE OR REPLACE FUNCTION track_status(p_account bigint, p_channel uuid, p_message uuid, p_attempt int, p_external text, p_status text,
  p_code text, p_text text, p_advice text, p_request uuid, p_raw jsonb, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  m messages;
  tried int;
BEGIN
  SELECT x.* INTO m FROM messages x WHERE x.account_id = p_account AND x.channel_id = p_channel AND x.direction = 'OUTBOUND' AND x.id = coalesce(p_message,
    (SELECT e.id FROM messages e WHERE e.account_id = p_account AND e.channel_id = p_channel AND e.external_id = p_external),
    (SELECT e.message_id FROM send_attempts e WHERE e.account_id = p_account AND e.external_id = p_external ORDER BY e.message_id LIMIT 1)) FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  IF p_raw IS NOT NULL THEN
    INSERT INTO webhook_requests (account_id, id, channel_id, external_id, kind, body, received_at) VALUES (p_account, p_request, p_channel, p_external, 'STATUS', p_raw, p_now);
  END IF;

  -- Which attempt is it about? The one with the provider's id; else the one that the report names; else the present one
  -- while that has no id and has begun; else it comes from one before it.
  SELECT a.attempt INTO tried FROM send_attempts a WHERE a.account_id = p_account AND a.message_id = m.id AND a.external_id = p_external ORDER BY a.attempt DESC LIMIT 1;
  IF tried IS NULL THEN
    tried := coalesce(p_attempt, CASE WHEN m.external_id IS NULL AND m.status <> 'QUEUED' THEN m.attempt ELSE m.attempt - 1 END);
  END IF;
  UPDATE send_attempts a SET external_id = coalesce(a.external_id, p_external), outcome = 'SENT', ended_at = coalesce(a.ended_at, p_now)
    WHERE a.account_id = p_account AND a.message_id = m.id AND a.attempt = tried AND (a.outcome IS DISTINCT FROM 'SENT' OR a.external_id IS NULL);
  IF tried <> m.attempt THEN RETURN true; END IF;

  IF status_rank(p_status) > status_rank(m.status) THEN
    UPDATE messages x SET status = p_status, version = x.version + 1, external_id = coalesce(x.external_id, p_external),
      sent_at = coalesce(x.sent_at, p_now), error_code = p_code, error_text = p_text, advice = p_advice
      WHERE x.account_id = p_account AND x.conversation_id = m.conversation_id AND x.seq = m.seq;
  ELSIF p_status = 'FAILED' AND m.status = 'FAILED' AND m.error_code IS NULL AND p_code IS NOT NULL THEN
    UPDATE messages x SET version = x.version + 1, error_code = p_code, error_text = p_text, advice = p_advice
      WHERE x.account_id = p_account AND x.conversation_id = m.conversation_id AND x.seq = m.seq;
  ELSE
    IF m.external_id IS NULL THEN
      UPDATE messages x SET external_id = p_external WHERE x.account_id = p_account AND x.conversation_id = m.conversation_id AND x.seq = m.seq;
    END IF;
    RETURN true;
  END IF;
  PERFORM tell_message(m);
  RETURN true;
END $$;
