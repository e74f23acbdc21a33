-- CSAT: what a channel asks its customers when a conversation is resolved, and what they answered.

-- csat is null until it was set once; its form is model.Csat.
ALTER TABLE channels ADD csat jsonb;

-- closes_at is when a RESOLVED conversation becomes CLOSED, where its survey says so. One that is not after resolved_at
-- belongs to an earlier resolve and says nothing.
ALTER TABLE conversations ADD closes_at timestamptz;
CREATE INDEX conversations_closing ON conversations (closes_at) WHERE status = 'RESOLVED' AND closes_at IS NOT NULL;

-- One row per resolve that was to be asked about: version is that of the change to RESOLVED. agent_id, ai_agent_id and
-- team_id are who is credited: who resolved it, and never who owns it later; a team may be deleted. not_delivered says why nobody was asked;
-- sent_at is null then. The score may change until expires_at; answered_at is when there first was one.
CREATE TABLE surveys (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  version int NOT NULL,
  channel_id uuid NOT NULL,
  agent_id uuid,
  ai_agent_id uuid,
  team_id uuid,
  token_hash bytea,
  message_id uuid,
  not_delivered text CHECK (not_delivered IN ('WINDOW_CLOSED','CHANNEL_NOT_SENDING','FAILED')),
  created_at timestamptz NOT NULL,
  sent_at timestamptz GENERATED ALWAYS AS (CASE WHEN not_delivered IS NULL THEN created_at END) STORED,
  expires_at timestamptz NOT NULL,
  score int CHECK (score BETWEEN 1 AND 5),
  comment text CHECK (comment <> ''),
  answered_at timestamptz,
  answered_by text CHECK (answered_by IN ('MESSAGE','BUTTON','PAGE')),
  changes int NOT NULL DEFAULT 0 CHECK (changes >= 0),
  thanked_at timestamptz,
  PRIMARY KEY (account_id, id),
  CONSTRAINT surveys_resolve UNIQUE (account_id, conversation_id, version),
  FOREIGN KEY (account_id, conversation_id, version) REFERENCES conversation_changes ON DELETE CASCADE,
  FOREIGN KEY (account_id, channel_id) REFERENCES channels,
  FOREIGN KEY (account_id, agent_id) REFERENCES agents,
  FOREIGN KEY (account_id, ai_agent_id) REFERENCES ai_agents,
  CONSTRAINT surveys_one_credit CHECK (agent_id IS NULL OR ai_agent_id IS NULL),
  CONSTRAINT surveys_asked CHECK (message_id IS NOT NULL AND token_hash IS NOT NULL OR not_delivered IN ('WINDOW_CLOSED','CHANNEL_NOT_SENDING')),
  CONSTRAINT surveys_answer CHECK ((score IS NULL) = (answered_at IS NULL) AND (score IS NULL) = (answered_by IS NULL) AND (score IS NOT NULL OR comment IS NULL AND changes = 0)),
  CONSTRAINT surveys_expiry CHECK (expires_at > created_at)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX surveys_token ON surveys (account_id, token_hash) WHERE token_hash IS NOT NULL;
CREATE UNIQUE INDEX surveys_message ON surveys (account_id, message_id) WHERE message_id IS NOT NULL;
-- Reports go by when it was sent or answered, of everybody, one channel, or one who is credited.
CREATE INDEX surveys_sent ON surveys (account_id, sent_at, id) WHERE sent_at IS NOT NULL;
CREATE INDEX surveys_answered ON surveys (account_id, answered_at, id) WHERE answered_at IS NOT NULL;
CREATE INDEX surveys_channel ON surveys (account_id, channel_id, sent_at, id) WHERE sent_at IS NOT NULL;
CREATE INDEX surveys_agent ON surveys (account_id, agent_id, sent_at, id) WHERE agent_id IS NOT NULL;
CREATE INDEX surveys_ai_agent ON surveys (account_id, ai_agent_id, sent_at, id) WHERE ai_agent_id IS NOT NULL;
CREATE INDEX surveys_team ON surveys (account_id, team_id, sent_at, id) WHERE team_id IS NOT NULL;
