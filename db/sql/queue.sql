-- Who waits for an answer: which conversations are to be decided about, and which wait for somebody to be free.

-- Whether anything but people gives out the channel's conversations. Where nothing does they wait in Unassigned.
CREATE OR REPLACE FUNCTION channel_places(p_account bigint, p_channel uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT h.assignment_mode <> 'MANUAL' OR h.ai_agent_id IS NOT NULL
      OR EXISTS (SELECT 1 FROM rules r WHERE r.account_id = p_account AND r.channel_id = p_channel AND r.enabled)
    FROM channels h WHERE h.account_id = p_account AND h.id = p_channel AND h.removed_at IS NULL);
END $$;

-- Whether the desk itself may have something to say to a new conversation.
CREATE OR REPLACE FUNCTION channel_greets(p_account bigint, p_channel uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT h.greeting_enabled OR coalesce(h.hours @> '{"enabled":true}', false) FROM channels h WHERE h.account_id = p_account AND h.id = p_channel);
END $$;

-- A conversation that gets another owner, or is no longer OPEN, waits for nobody, whoever changes it. One that wakes with
-- its owner is still to be decided about: they may be away.
CREATE OR REPLACE FUNCTION leave_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.to_place := NULL;
  NEW.target_kind := NULL;
  NEW.target_id := NULL;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER conversations_queue BEFORE UPDATE OF status, agent_id, ai_agent_id ON conversations
  FOR EACH ROW WHEN ((NEW.to_place IS NOT NULL OR NEW.target_kind IS NOT NULL) AND (NEW.status <> 'OPEN' OR NEW.ai_agent_id IS NOT NULL
    OR (NEW.agent_id IS NOT NULL AND NEW.agent_id IS DISTINCT FROM OLD.agent_id))) EXECUTE FUNCTION leave_queue();

-- Takes the lock under which conversations of the channel are placed one after the other.
CREATE OR REPLACE FUNCTION lock_assign(p_account bigint, p_channel uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM channel_assign a WHERE a.account_id = p_account AND a.channel_id = p_channel FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    INSERT INTO channel_assign (account_id, channel_id) SELECT p_account, h.id FROM channels h WHERE h.account_id = p_account AND h.id = p_channel ON CONFLICT DO NOTHING;
    PERFORM 1 FROM channel_assign a WHERE a.account_id = p_account AND a.channel_id = p_channel FOR NO KEY UPDATE;
  END IF;
END $$;

-- Stores a decision about a conversation that is locked, under the lock of its channel. False, and nothing stored: the
-- agent can no longer take it, so that it must be decided again. An owner is given when p_gives; p_agent then may be null.
-- Lock order: channel_assign, the conversation, the agent, the outbox last.
CREATE OR REPLACE FUNCTION save_placing(p_account bigint, p_conversation uuid, p_now timestamptz, p_gives boolean, p_agent uuid, p_ai uuid, p_team uuid, p_former uuid,
  p_priority text, p_labels uuid[], p_waits_kind text, p_waits_id uuid, p_turn boolean,
  p_decision uuid, p_version int, p_stage text, p_outcome text, p_reason text, p_rule uuid, p_kind text, p_target uuid, p_message uuid, p_record jsonb)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  was conversations;
  labelled bigint;
  changed boolean;
  place bigint;
BEGIN
  SELECT v.* INTO was FROM conversations v WHERE v.account_id = p_account AND v.id = p_conversation FOR NO KEY UPDATE;
  IF p_agent IS NOT NULL THEN
    -- A statement of its own: the next one sees what whoever held the agent's row before has committed.
    PERFORM 1 FROM agents a WHERE a.account_id = p_account AND a.id = p_agent FOR NO KEY UPDATE;
    UPDATE agents a SET last_assigned_at = p_now FROM channel_agents m
      WHERE a.account_id = p_account AND a.id = p_agent AND m.account_id = p_account AND m.channel_id = was.channel_id AND m.agent_id = a.id
      AND a.open_count < a.max_load AND a.availability = 'ONLINE' AND a.connected AND a.disabled_at IS NULL
      AND (m.max_load IS NULL OR m.max_load > (SELECT count(*) FROM conversations v
        WHERE v.account_id = p_account AND v.agent_id = p_agent AND v.status = 'OPEN' AND v.channel_id = was.channel_id));
    IF NOT FOUND THEN RETURN false; END IF;
  END IF;
  IF p_turn THEN
    UPDATE channel_assign a SET turn = a.turn + 1 WHERE a.account_id = p_account AND a.channel_id = was.channel_id RETURNING a.turn INTO place;
    UPDATE channel_agents m SET turn = place WHERE m.account_id = p_account AND m.channel_id = was.channel_id AND m.agent_id = p_agent;
  END IF;
  INSERT INTO conversation_labels (account_id, conversation_id, label_id)
    SELECT p_account, p_conversation, l.id FROM labels l WHERE l.account_id = p_account AND l.id = ANY (p_labels) ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS labelled = ROW_COUNT;
  changed := labelled > 0 OR p_priority <> was.priority OR p_gives AND (p_agent, p_ai, p_team) IS DISTINCT FROM (was.agent_id, was.ai_agent_id, was.team_id);
  UPDATE conversations v SET priority = p_priority, to_place = NULL, target_kind = p_waits_kind, target_id = p_waits_id,
      agent_id = CASE WHEN p_gives THEN p_agent ELSE v.agent_id END, ai_agent_id = CASE WHEN p_gives THEN p_ai ELSE v.ai_agent_id END,
      team_id = CASE WHEN p_gives THEN p_team ELSE v.team_id END, former_agent_id = p_former, version = v.version + changed::int,
      status = CASE WHEN p_gives AND p_ai IS NOT NULL THEN 'AI_REPLYING' ELSE v.status END,
      epoch = v.epoch + CASE WHEN p_gives AND (p_agent, p_ai) IS DISTINCT FROM (v.agent_id, v.ai_agent_id) THEN 1 ELSE 0 END
    WHERE v.account_id = p_account AND v.id = p_conversation;
  IF p_decision IS NOT NULL THEN
    INSERT INTO decisions (account_id, id, conversation_id, channel_id, decided_at, automation_version, stage, outcome, reason, rule_id, agent_id, ai_agent_id,
      target_kind, target_id, message_id, record)
    VALUES (p_account, p_decision, p_conversation, was.channel_id, p_now, p_version, p_stage, p_outcome, p_reason, p_rule, p_agent, p_ai, p_kind, p_target, p_message, p_record);
  END IF;
  IF changed THEN
    INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status, agent_id, ai_agent_id, team_id)
      SELECT v.account_id, v.id, v.version, p_now, 'PLACED', 'router', v.status, v.agent_id, v.ai_agent_id, v.team_id FROM conversations v
      WHERE v.account_id = p_account AND v.id = p_conversation;
    INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id) VALUES (p_account, 'CONVERSATION_CHANGED', was.channel_id, p_conversation);
  END IF;
  RETURN true;
END $$;
