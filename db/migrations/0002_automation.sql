-- What a channel does by itself: greeting, business hours, routing rules, and who answers.

-- hours is null until hours were set once; its form is model.Hours. automation_version counts changes of what decides
-- who answers: rules, mode, hours, the AI Agent. max_load of a member is a limit on this channel besides the agent's own.
ALTER TABLE channels
  ADD greeting_enabled boolean NOT NULL DEFAULT false,
  ADD greeting_text text NOT NULL DEFAULT '',
  ADD hours jsonb,
  ADD ai_agent_id uuid,
  ADD ai_started boolean NOT NULL DEFAULT false,
  ADD automation_version int NOT NULL DEFAULT 1,
  ADD CONSTRAINT channels_ai_agent FOREIGN KEY (account_id, ai_agent_id) REFERENCES ai_agents;

-- turn is the number of the member's last turn; the lowest is next.
ALTER TABLE channel_agents
  ADD turn bigint NOT NULL DEFAULT 0,
  ADD max_load int CONSTRAINT channel_agents_max_load_check CHECK (max_load BETWEEN 1 AND 1000);

ALTER TABLE agents ADD last_assigned_at timestamptz;

ALTER TABLE conversation_changes DROP CONSTRAINT conversation_changes_reason_check,
  ADD CONSTRAINT conversation_changes_reason_check CHECK (reason IN ('CUSTOMER_WROTE','TAKEN','ASSIGNED','RELEASED','REPLIED','SET','SNOOZE_ENDED','LEFT_CHANNEL','DISABLED','MERGED','EXPIRED','PLACED'));

-- One row per channel that has assigned: the lock under which one conversation at a time is placed, and the turn.
CREATE TABLE channel_assign (
  account_id bigint NOT NULL,
  channel_id uuid NOT NULL,
  turn bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, channel_id),
  FOREIGN KEY (account_id, channel_id) REFERENCES channels ON DELETE CASCADE
) WITH (fillfactor = 50);

CREATE TABLE rules (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  channel_id uuid NOT NULL,
  name text NOT NULL,
  enabled boolean NOT NULL,
  position int NOT NULL,
  match text NOT NULL CHECK (match IN ('ALL','ANY')),
  conditions jsonb NOT NULL,
  action jsonb NOT NULL,
  fallback text NOT NULL CHECK (fallback IN ('WAIT','NEXT_RULE','AI_AGENT','HUMAN_AGENTS')),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, channel_id) REFERENCES channels ON DELETE CASCADE,
  CONSTRAINT rules_position UNIQUE (account_id, channel_id, position) DEFERRABLE INITIALLY DEFERRED
);

-- What a channel decided by, once per version, so that decisions refer to it and can be made again.
CREATE TABLE automations (
  account_id bigint NOT NULL,
  channel_id uuid NOT NULL,
  version int NOT NULL,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, channel_id, version),
  FOREIGN KEY (account_id, channel_id) REFERENCES channels ON DELETE CASCADE
);

-- Every decision about who answers. record is what it can be made from again; it goes after 90 days, and the rest stays,
-- with the explanation in words that is written then.
CREATE TABLE decisions (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  decided_at timestamptz NOT NULL,
  automation_version int NOT NULL,
  stage text NOT NULL CHECK (stage IN ('ALL','HUMANS','WAITING')),
  outcome text NOT NULL CHECK (outcome IN ('ASSIGNED','AI_REPLYING','WAITING')),
  reason text NOT NULL,
  rule_id uuid,
  agent_id uuid,
  ai_agent_id uuid,
  target_kind text CHECK (target_kind IN ('AGENT','TEAM','AI_AGENT','HUMAN_AGENTS')),
  target_id uuid,
  message_id uuid,
  record jsonb,
  sentence text,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
);
CREATE INDEX decisions_conversation ON decisions (account_id, conversation_id, decided_at DESC, id DESC);
CREATE INDEX decisions_rule ON decisions (account_id, rule_id, decided_at) WHERE rule_id IS NOT NULL;
CREATE INDEX decisions_recorded ON decisions (decided_at) WHERE record IS NOT NULL;

-- to_place says that the conversation has to be decided about: from which stage on. A conversation that waits keeps the
-- target that was decided. handled_seq is the last customer message that the desk has reacted to.
ALTER TABLE conversations
  ADD to_place text CHECK (to_place IN ('ALL','HUMANS','WAITING')),
  ADD target_kind text CHECK (target_kind IN ('AGENT','TEAM','HUMAN_AGENTS')),
  ADD target_id uuid,
  ADD handled_seq bigint NOT NULL DEFAULT 0,
  ADD last_inbound_seq bigint NOT NULL DEFAULT 0;
CREATE INDEX conversations_to_place ON conversations (account_id, channel_id, id) WHERE to_place IS NOT NULL;
CREATE INDEX conversations_to_handle ON conversations (account_id, id) WHERE handled_seq < last_inbound_seq;
-- The queue of a channel: those that wait, the most urgent and then the longest waiting first.
CREATE INDEX conversations_queue ON conversations (account_id, channel_id,
  (CASE priority WHEN 'URGENT' THEN 0 WHEN 'HIGH' THEN 1 WHEN 'NORMAL' THEN 2 ELSE 3 END), waiting_since, id)
  WHERE status = 'OPEN' AND agent_id IS NULL AND target_kind IS NOT NULL;

-- Messages that the desk sends by itself, once each: a greeting per conversation, an unavailable message per conversation
-- and closed period.
CREATE TABLE automatic_messages (
  account_id bigint NOT NULL,
  conversation_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('GREETING','UNAVAILABLE')),
  period timestamptz NOT NULL, -- since when the channel was closed; for a greeting '-infinity'
  message_id uuid NOT NULL,
  PRIMARY KEY (account_id, conversation_id, kind, period),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
);

-- Who changed which setting, from what to what. No secrets, no texts of customers.
CREATE TABLE audit_log (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  actor_agent_id uuid,
  actor_system text,
  action text NOT NULL,
  subject_kind text NOT NULL,
  subject_id uuid,
  channel_id uuid,
  before jsonb,
  after jsonb,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX audit_log_at ON audit_log (account_id, at DESC, id DESC);
CREATE INDEX audit_log_channel ON audit_log (account_id, channel_id, at DESC, id DESC) WHERE channel_id IS NOT NULL;
CREATE INDEX audit_log_subject ON audit_log (account_id, subject_id, at DESC, id DESC);
