-- What AI Agents have to answer, and what became of it.

-- One row per conversation in which an AI Agent owes an answer: from when the customer wrote, or the AI Agent got the
-- conversation, until the answer is stored or people get it. See db/sql/ai.sql. A burst of messages has begun at first_at
-- and went on until last_at. after_seq is what was answered before; null: what came before the last answer. fence names
-- the turn that is at work, for as long as lease_until has not come; no two turns ever have the same.
CREATE SEQUENCE ai_fences;
CREATE TABLE ai_duties (
  account_id bigint NOT NULL,
  conversation_id uuid NOT NULL,
  epoch int NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  after_seq bigint,
  fence bigint NOT NULL DEFAULT 0,
  lease_until timestamptz,
  tries int NOT NULL DEFAULT 0, -- turns that began and did not end
  overtaken int NOT NULL DEFAULT 0, -- answers that were thrown away because the customer wrote meanwhile
  PRIMARY KEY (account_id, conversation_id),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
) WITH (fillfactor = 70);
CREATE INDEX ai_duties_first ON ai_duties (first_at);

INSERT INTO ai_duties (account_id, conversation_id, epoch, first_at, last_at)
  SELECT account_id, id, epoch, now(), now() FROM conversations WHERE status = 'AI_REPLYING' AND waiting_since IS NOT NULL;

-- Turns that ended: one row for each that answered, resolved, handed over, or found nothing to answer. took is the model's
-- own time. message_id is the first message of the answer. No texts.
CREATE TABLE ai_turns (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  ai_agent_id uuid NOT NULL,
  ai_version int NOT NULL,
  epoch int NOT NULL,
  up_to_seq bigint NOT NULL,
  outcome text NOT NULL CONSTRAINT ai_turns_outcome_check CHECK (outcome IN ('ANSWERED','HANDED_OVER','RESOLVED','NOTHING')),
  hand_over text CONSTRAINT ai_turns_hand_over_check CHECK (hand_over IN ('ASKED_FOR_PERSON','NO_KNOWLEDGE','TOPIC','REFUSED','UNREADABLE_MEDIA','TOO_MANY_TURNS',
    'ERROR','TIMEOUT','CREDENTIALS','QUOTA','STOPPED','REPLACED','DISABLED','DELETED','CHANNEL_PAUSED')),
  model text NOT NULL,
  calls int NOT NULL,
  prompt_tokens int NOT NULL,
  completion_tokens int NOT NULL,
  took interval NOT NULL,
  articles uuid[] NOT NULL DEFAULT '{}',
  message_id uuid,
  ended_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations ON DELETE CASCADE,
  FOREIGN KEY (account_id, ai_agent_id) REFERENCES ai_agents,
  CONSTRAINT ai_turns_reason CHECK ((hand_over IS NOT NULL) = (outcome = 'HANDED_OVER'))
);
CREATE INDEX ai_turns_conversation ON ai_turns (account_id, conversation_id, epoch);
CREATE INDEX ai_turns_ended ON ai_turns (account_id, ended_at, id);
CREATE INDEX ai_turns_ai_agent ON ai_turns (account_id, ai_agent_id, ended_at);
