-- AI Agents as settings, and how their conversations go to people.

-- secret is the sealed key, null for an endpoint that asks for none. version counts changes of what it answers by: each
-- answer names the one it was made with. A deleted AI Agent keeps its name for the history.
ALTER TABLE ai_agents
  ADD instructions text NOT NULL DEFAULT '',
  ADD model text NOT NULL DEFAULT '',
  ADD base_url text NOT NULL DEFAULT 'https://api.openai.com/v1',
  ADD secret text,
  ADD secret_hint text NOT NULL DEFAULT '',
  ADD key_header text NOT NULL DEFAULT 'BEARER' CONSTRAINT ai_agents_key_header_check CHECK (key_header IN ('BEARER','API_KEY')),
  ADD temperature double precision CONSTRAINT ai_agents_temperature_check CHECK (temperature BETWEEN 0 AND 2),
  ADD max_tokens int NOT NULL DEFAULT 600 CONSTRAINT ai_agents_max_tokens_check CHECK (max_tokens BETWEEN 16 AND 16000),
  ADD timeout_seconds int NOT NULL DEFAULT 30 CONSTRAINT ai_agents_timeout_check CHECK (timeout_seconds BETWEEN 5 AND 120),
  ADD max_turns int NOT NULL DEFAULT 20 CONSTRAINT ai_agents_max_turns_check CHECK (max_turns BETWEEN 1 AND 500),
  ADD hand_over_topics text[] NOT NULL DEFAULT '{}',
  ADD closing_text text NOT NULL DEFAULT '',
  ADD version int NOT NULL DEFAULT 1,
  ADD updated_at timestamptz NOT NULL DEFAULT now(),
  ADD disabled_at timestamptz,
  ADD deleted_at timestamptz;
CREATE UNIQUE INDEX ai_agents_name ON ai_agents (account_id, lower(name)) WHERE deleted_at IS NULL;

-- ai_changed_at is when it last changed who of the AI Agents may answer on the channel. ai_problem is what the provider of
-- the channel's AI Agent complained of last, until it answers again.
ALTER TABLE channels
  ADD ai_changed_at timestamptz,
  ADD ai_problem text CONSTRAINT channels_ai_problem_check CHECK (ai_problem IN ('CREDENTIALS','QUOTA','RATE_LIMITED','TIMEOUT','UNREACHABLE','NOT_ALLOWED','REFUSED','BROKEN','SERVER')),
  ADD ai_problem_text text,
  ADD ai_problem_since timestamptz;
CREATE INDEX channels_ai ON channels (account_id, ai_agent_id) WHERE ai_agent_id IS NOT NULL;

-- AI Agents that were taken off a channel, for as long as conversations there may be theirs.
CREATE TABLE ai_endings (
  account_id bigint NOT NULL,
  channel_id uuid NOT NULL,
  ai_agent_id uuid NOT NULL,
  reason text NOT NULL CHECK (reason IN ('STOPPED','REPLACED')),
  at timestamptz NOT NULL,
  PRIMARY KEY (account_id, channel_id, ai_agent_id),
  FOREIGN KEY (account_id, channel_id) REFERENCES channels ON DELETE CASCADE,
  FOREIGN KEY (account_id, ai_agent_id) REFERENCES ai_agents ON DELETE CASCADE
);

-- handed_over_at is when an AI Agent last gave the conversation to people: until it ends, no AI Agent gets it by itself.
ALTER TABLE conversations ADD handed_over_at timestamptz;
CREATE INDEX conversations_ai_agent ON conversations (account_id, ai_agent_id, status, last_activity_at DESC, id DESC) WHERE ai_agent_id IS NOT NULL;

ALTER TABLE conversation_changes
  ADD hand_over text CONSTRAINT conversation_changes_hand_over_check CHECK (hand_over IN ('ASKED_FOR_PERSON','NO_KNOWLEDGE','TOPIC','REFUSED','UNREADABLE_MEDIA','TOO_MANY_TURNS',
    'ERROR','TIMEOUT','CREDENTIALS','QUOTA','STOPPED','REPLACED','DISABLED','DELETED','CHANNEL_PAUSED')),
  DROP CONSTRAINT conversation_changes_reason_check,
  ADD CONSTRAINT conversation_changes_reason_check CHECK (reason IN ('CUSTOMER_WROTE','TAKEN','ASSIGNED','RELEASED','REPLIED','SET','SNOOZE_ENDED','LEFT_CHANNEL','DISABLED',
    'MERGED','EXPIRED','PLACED','PASSED_ON','HANDED_OVER','AI_STOPPED','RESOLVED_BY_AI'));
