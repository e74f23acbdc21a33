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

-- What an AI Agent no longer has, whoever took it, stays with people until it ends.
CREATE OR REPLACE FUNCTION leave_ai() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.handed_over_at := now();
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER conversations_left_ai BEFORE UPDATE OF ai_agent_id ON conversations
  FOR EACH ROW WHEN (OLD.status = 'AI_REPLYING' AND NEW.ai_agent_id IS NULL) EXECUTE FUNCTION leave_ai();

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

-- Takes the locks under which conversations of the channels are placed one after the other, after making them for channels
-- on which nothing was placed before, and returns the last turn of each.
CREATE OR REPLACE FUNCTION lock_channels(p_account bigint, p_channels uuid[]) RETURNS TABLE (channel uuid, last_turn bigint) LANGUAGE plpgsql AS $$
DECLARE
  held int;
BEGIN
  SELECT count(*) INTO held FROM (SELECT 1 FROM channel_assign a WHERE a.account_id = p_account AND a.channel_id = ANY (p_channels) ORDER BY a.channel_id FOR NO KEY UPDATE) l;
  IF held < cardinality(p_channels) THEN
    INSERT INTO channel_assign (account_id, channel_id) SELECT p_account, h.id FROM channels h WHERE h.account_id = p_account AND h.id = ANY (p_channels) ORDER BY h.id ON CONFLICT DO NOTHING;
    PERFORM 1 FROM channel_assign a WHERE a.account_id = p_account AND a.channel_id = ANY (p_channels) ORDER BY a.channel_id FOR NO KEY UPDATE;
  END IF;
  RETURN QUERY SELECT a.channel_id, a.turn FROM channel_assign a WHERE a.account_id = p_account AND a.channel_id = ANY (p_channels);
END $$;

-- Stores decisions about conversations that are locked, under the locks of their channels: the arrays have one element
-- for each, but p_owners names those who had some of them before, and p_labels has a pair of conversation and label for
-- each label that a rule adds. When one of the agents can no longer take what they were to get it fails with LD001, and
-- all must be decided again.
-- Lock order: channel_assign, the conversations, the agents, the outbox last.
CREATE OR REPLACE FUNCTION save_placings(p_account bigint, p_ids uuid[], p_channels uuid[], p_at timestamptz[], p_changed boolean[], p_agents uuid[], p_ais uuid[], p_teams uuid[],
  p_formers uuid[], p_priorities text[], p_waits_kinds text[], p_waits_ids uuid[], p_turns boolean[], p_owners uuid[], p_label_conversations uuid[], p_labels uuid[],
  p_decisions uuid[], p_versions int[], p_stages text[], p_outcomes text[], p_reasons text[], p_rules uuid[], p_kinds text[], p_targets uuid[], p_messages uuid[], p_records text[])
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  labelled uuid[] := '{}';
  able bigint;
  asked bigint;
BEGIN
  IF array_remove(p_agents, NULL) || p_owners <> '{}' THEN
    -- A statement of its own: the next one sees what whoever held an agent's row before has committed.
    PERFORM 1 FROM agents a WHERE a.account_id = p_account AND a.id = ANY (p_agents || p_owners) ORDER BY a.id FOR NO KEY UPDATE;
    -- What they are to get must fit beside all they have, also beside what is taken from them here.
    WITH moves AS MATERIALIZED (SELECT x.agent, count(*) FILTER (WHERE x.comes) AS comes, count(*) FILTER (WHERE NOT x.comes) AS goes, max(x.at) AS at
      FROM (SELECT g.agent, g.at, true FROM unnest(p_agents, p_at) g(agent, at) UNION ALL SELECT o.agent, NULL, false FROM unnest(p_owners) o(agent)) x(agent, at, comes)
      WHERE x.agent IS NOT NULL GROUP BY x.agent),
    moved AS (UPDATE agents a SET open_count = a.open_count + m.comes - m.goes, last_assigned_at = coalesce(m.at, a.last_assigned_at) FROM moves m
      WHERE a.account_id = p_account AND a.id = m.agent AND (m.comes = 0
        OR a.open_count + m.comes <= a.max_load AND a.availability = 'ONLINE' AND a.connected AND a.disabled_at IS NULL) RETURNING 1)
    SELECT (SELECT count(*) FROM moves), (SELECT count(*) FROM moved) INTO asked, able;
    IF able < asked OR EXISTS (
        SELECT 1 FROM (SELECT x.channel, x.agent, count(*) AS n FROM unnest(p_channels, p_agents) x(channel, agent) WHERE x.agent IS NOT NULL GROUP BY 1, 2) g
        LEFT JOIN channel_agents m ON m.account_id = p_account AND m.channel_id = g.channel AND m.agent_id = g.agent
        WHERE m.agent_id IS NULL OR CASE WHEN m.max_load IS NOT NULL THEN m.max_load < g.n + (SELECT count(*) FROM conversations v
          WHERE v.account_id = p_account AND v.agent_id = g.agent AND v.status = 'OPEN' AND v.channel_id = g.channel) END) THEN
      RAISE EXCEPTION 'an agent can no longer take a conversation' USING ERRCODE = 'LD001';
    END IF;
  END IF;
  IF true = ANY (p_turns) THEN
    WITH taken AS MATERIALIZED (SELECT x.channel, x.agent, row_number() OVER (PARTITION BY x.channel ORDER BY x.ord) AS n
      FROM unnest(p_channels, p_agents, p_turns) WITH ORDINALITY x(channel, agent, turn, ord) WHERE x.turn),
    moved AS (UPDATE channel_assign c SET turn = c.turn + t.n FROM (SELECT t.channel, count(*) AS n FROM taken t GROUP BY 1) t
      WHERE c.account_id = p_account AND c.channel_id = t.channel RETURNING c.channel_id, c.turn - t.n AS before)
    UPDATE channel_agents m SET turn = v.before + t.n FROM (SELECT t.channel, t.agent, max(t.n) AS n FROM taken t GROUP BY 1, 2) t JOIN moved v ON v.channel_id = t.channel
      WHERE m.account_id = p_account AND m.channel_id = t.channel AND m.agent_id = t.agent;
  END IF;
  IF p_labels <> '{}' THEN
    WITH put AS (INSERT INTO conversation_labels (account_id, conversation_id, label_id)
      SELECT p_account, x.conversation, l.id FROM unnest(p_label_conversations, p_labels) x(conversation, label) JOIN labels l ON l.account_id = p_account AND l.id = x.label
      ON CONFLICT DO NOTHING RETURNING conversation_id)
    SELECT coalesce(array_agg(DISTINCT p.conversation_id), '{}') INTO labelled FROM put p;
  END IF;
  PERFORM set_config('livedesk.counts', 'itself', true);
  WITH d AS MATERIALIZED (SELECT x.*, x.changed OR x.id = ANY (labelled) AS new
    FROM unnest(p_ids, p_channels, p_at, p_changed, p_agents, p_ais, p_teams, p_formers, p_priorities, p_waits_kinds, p_waits_ids,
      p_decisions, p_versions, p_stages, p_outcomes, p_reasons, p_rules, p_kinds, p_targets, p_messages, p_records)
    WITH ORDINALITY x(id, channel, at, changed, agent, ai, team, former, priority, waits_kind, waits_id, decision, version, stage, outcome, reason, rule, kind, target, message, record, ord)),
  saved AS (
    UPDATE conversations v SET priority = d.priority, to_place = NULL, target_kind = d.waits_kind, target_id = d.waits_id, agent_id = d.agent, ai_agent_id = d.ai,
      team_id = d.team, former_agent_id = d.former, version = v.version + d.new::int, status = CASE WHEN d.ai IS NOT NULL THEN 'AI_REPLYING' ELSE v.status END,
      epoch = v.epoch + CASE WHEN (d.agent, d.ai) IS DISTINCT FROM (v.agent_id, v.ai_agent_id) THEN 1 ELSE 0 END
    FROM d WHERE v.account_id = p_account AND v.id = d.id RETURNING v.id, v.version, v.status, d.ord),
  decided AS (
    INSERT INTO decisions (account_id, id, conversation_id, channel_id, decided_at, automation_version, stage, outcome, reason, rule_id, agent_id, ai_agent_id,
      target_kind, target_id, message_id, record)
    SELECT p_account, d.decision, d.id, d.channel, d.at, d.version, d.stage, d.outcome, d.reason, d.rule, d.agent, d.ai, d.kind, d.target, d.message, d.record::jsonb FROM d),
  noted AS (
    INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status, agent_id, ai_agent_id, team_id)
    SELECT p_account, d.id, v.version, d.at, 'PLACED', 'router', v.status, d.agent, d.ai, d.team FROM d JOIN saved v ON v.ord = d.ord WHERE d.new)
  INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id) SELECT p_account, 'CONVERSATION_CHANGED', d.channel, d.id FROM d WHERE d.new ORDER BY d.ord;
  PERFORM set_config('livedesk.counts', '', true);
END $$;
