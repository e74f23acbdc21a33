-- The desk's tables. account_id stands first in every key: the database refuses links between accounts, and the
-- whole can be distributed by it. Values of enums are spelled as in the API.

CREATE TABLE accounts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- One row: which incarnation of the event log this is. A restore or a failover changes the identity, and with it the epoch.
CREATE TABLE log_epoch (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  identity text NOT NULL,
  epoch bigint NOT NULL
);

-- People ---------------------------------------------------------------------------------------------------------

CREATE TABLE agents (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  role text NOT NULL CHECK (role IN ('ADMIN','SUPERVISOR','AGENT')),
  password_hash text,
  availability text NOT NULL DEFAULT 'OFFLINE' CHECK (availability IN ('ONLINE','BUSY','AWAY','OFFLINE')),
  connected boolean NOT NULL DEFAULT false,
  open_count int NOT NULL DEFAULT 0 CONSTRAINT agents_open_count_check CHECK (open_count >= 0),
  max_load int NOT NULL CONSTRAINT agents_max_load_check CHECK (max_load BETWEEN 0 AND 1000),
  disabled_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX agents_email ON agents (account_id, lower(email));

-- The one table across accounts: which account an e-mail address signs in to.
CREATE TABLE logins (
  email text PRIMARY KEY CHECK (email = lower(email)),
  account_id bigint NOT NULL,
  agent_id uuid NOT NULL,
  FOREIGN KEY (account_id, agent_id) REFERENCES agents ON DELETE CASCADE
);

CREATE TABLE sessions (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  agent_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE UNIQUE INDEX sessions_token ON sessions (account_id, token_hash);
CREATE INDEX sessions_agent ON sessions (account_id, agent_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Invitations and password resets: single use, hashed.
CREATE TABLE password_tokens (
  account_id bigint NOT NULL,
  token_hash bytea NOT NULL,
  agent_id uuid NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('INVITATION','RESET')),
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, token_hash),
  FOREIGN KEY (account_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX password_tokens_agent ON password_tokens (account_id, agent_id);

-- Attempts to sign in, counted per address of the login and per address of the network, both hashed.
CREATE TABLE sign_in_attempts (
  key bytea NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX sign_in_attempts_key ON sign_in_attempts (key, at);
CREATE INDEX sign_in_attempts_at ON sign_in_attempts (at);

CREATE TABLE teams (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX teams_name ON teams (account_id, lower(name));

CREATE TABLE team_agents (
  account_id bigint NOT NULL,
  team_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  PRIMARY KEY (account_id, team_id, agent_id),
  FOREIGN KEY (account_id, team_id) REFERENCES teams ON DELETE CASCADE,
  FOREIGN KEY (account_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX team_agents_agent ON team_agents (account_id, agent_id);

CREATE TABLE ai_agents (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);

-- Server processes and the sockets they hold. Both are leases: a row that is not renewed stops counting.
CREATE TABLE processes (
  id uuid PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE TABLE connections (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  agent_id uuid NOT NULL,
  session_id uuid NOT NULL,
  process_id uuid NOT NULL,
  closed boolean NOT NULL DEFAULT false,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, agent_id) REFERENCES agents ON DELETE CASCADE
) WITH (fillfactor = 70);
CREATE INDEX connections_agent ON connections (account_id, agent_id);
CREATE INDEX connections_process ON connections (process_id);
CREATE INDEX connections_expiry ON connections (expires_at);

-- Channels -------------------------------------------------------------------------------------------------------

CREATE TABLE channels (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('WHATSAPP','SMS')),
  provider text NOT NULL CHECK (provider IN ('TWILIO','WHATSAPP_CLOUD','ENGAGELAB')),
  sender_account text NOT NULL,
  sender_phone text,
  sender_service text,
  secret text NOT NULL,
  secret_before text,
  secret_before_until timestamptz,
  secret_hint text NOT NULL DEFAULT '',
  paused boolean NOT NULL DEFAULT false,
  credentials_bad_at timestamptz,
  reopen_policy text NOT NULL DEFAULT 'NEW' CHECK (reopen_policy IN ('NEW','REOPEN_WITHIN','REOPEN')),
  reopen_within_hours int NOT NULL DEFAULT 24 CONSTRAINT channels_reopen_within_check CHECK (reopen_within_hours BETWEEN 1 AND 8760),
  assignment_mode text NOT NULL DEFAULT 'MANUAL' CHECK (assignment_mode IN ('CONCURRENT_LOAD','SEQUENTIAL','MANUAL')),
  last_good_webhook_at timestamptz,
  last_refused_webhook_at timestamptz,
  last_refused_why text,
  refused_count bigint NOT NULL DEFAULT 0,
  removed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id),
  CONSTRAINT channels_one_sender CHECK ((sender_phone IS NULL) <> (sender_service IS NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX channels_phone ON channels (account_id, provider, kind, sender_phone) WHERE sender_phone IS NOT NULL AND removed_at IS NULL;
CREATE UNIQUE INDEX channels_service ON channels (account_id, provider, kind, sender_service) WHERE sender_service IS NOT NULL AND removed_at IS NULL;
CREATE UNIQUE INDEX channels_name ON channels (account_id, lower(name)) WHERE removed_at IS NULL;

CREATE TABLE webhook_keys (
  account_id bigint NOT NULL,
  key text NOT NULL,
  channel_id uuid NOT NULL,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key),
  FOREIGN KEY (account_id, channel_id) REFERENCES channels ON DELETE CASCADE
);
CREATE UNIQUE INDEX webhook_keys_current ON webhook_keys (account_id, channel_id) WHERE expires_at IS NULL;

CREATE TABLE channel_agents (
  account_id bigint NOT NULL,
  channel_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, channel_id, agent_id),
  FOREIGN KEY (account_id, channel_id) REFERENCES channels ON DELETE CASCADE,
  FOREIGN KEY (account_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX channel_agents_agent ON channel_agents (account_id, agent_id);

-- Customers ------------------------------------------------------------------------------------------------------

CREATE TABLE contacts (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  name text NOT NULL DEFAULT '',
  phone_number text,
  address text NOT NULL,
  blocked_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);
-- The words of a customer's name and number, for search. The expression is that of db.contactWords.
CREATE INDEX contacts_words ON contacts USING gin (to_tsvector('simple', translate(name || ' ' || address || ' ' || coalesce(phone_number, ''), '+-._@/', '      ')));

CREATE TABLE identities (
  account_id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('WHATSAPP','SMS')),
  address text NOT NULL CHECK (length(address) BETWEEN 1 AND 200),
  contact_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, kind, address),
  FOREIGN KEY (account_id, contact_id) REFERENCES contacts ON DELETE CASCADE
);
CREATE INDEX identities_contact ON identities (account_id, contact_id);
CREATE INDEX identities_address ON identities (account_id, address text_pattern_ops);

CREATE TABLE conversations (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  channel_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('OPEN','AI_REPLYING','SNOOZED','RESOLVED','CLOSED')),
  priority text NOT NULL DEFAULT 'NORMAL' CHECK (priority IN ('LOW','NORMAL','HIGH','URGENT')),
  agent_id uuid,
  ai_agent_id uuid,
  team_id uuid,
  former_agent_id uuid,
  version int NOT NULL DEFAULT 1,
  epoch int NOT NULL DEFAULT 1,
  unread_count int NOT NULL DEFAULT 0 CHECK (unread_count >= 0),
  opened_at timestamptz NOT NULL,
  last_activity_at timestamptz NOT NULL,
  waiting_since timestamptz,
  snoozed_until timestamptz,
  last_inbound_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  closed_reason text CHECK (closed_reason IN ('MERGED','EXPIRED','BLOCKED')), -- null: closed by hand
  last_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, channel_id) REFERENCES channels,
  FOREIGN KEY (account_id, contact_id) REFERENCES contacts,
  FOREIGN KEY (account_id, agent_id) REFERENCES agents,
  FOREIGN KEY (account_id, ai_agent_id) REFERENCES ai_agents,
  FOREIGN KEY (account_id, team_id) REFERENCES teams,
  FOREIGN KEY (account_id, former_agent_id) REFERENCES agents,
  CONSTRAINT conversations_one_owner CHECK (agent_id IS NULL OR ai_agent_id IS NULL),
  CONSTRAINT conversations_ai_owner CHECK (status <> 'AI_REPLYING' OR ai_agent_id IS NOT NULL)
) WITH (fillfactor = 75);
CREATE UNIQUE INDEX conversations_one_live ON conversations (account_id, channel_id, contact_id) WHERE status IN ('OPEN','AI_REPLYING','SNOOZED');
CREATE INDEX conversations_contact ON conversations (account_id, contact_id, last_activity_at DESC, id DESC);
-- Lists are read along these, one status at a time, and merged (db/list_conversation.go).
CREATE INDEX conversations_status ON conversations (account_id, status, last_activity_at DESC, id DESC);
CREATE INDEX conversations_channel ON conversations (account_id, channel_id, status, last_activity_at DESC, id DESC);
CREATE INDEX conversations_agent ON conversations (account_id, agent_id, status, last_activity_at DESC, id DESC);
CREATE INDEX conversations_team ON conversations (account_id, team_id, status, last_activity_at DESC, id DESC) WHERE team_id IS NOT NULL;
CREATE INDEX conversations_waiting ON conversations (account_id, waiting_since, id) WHERE waiting_since IS NOT NULL;
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversations_resolved ON conversations (resolved_at) WHERE status = 'RESOLVED';

CREATE TABLE labels (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  name text NOT NULL,
  color text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX labels_name ON labels (account_id, lower(name));

CREATE TABLE conversation_labels (
  account_id bigint NOT NULL,
  conversation_id uuid NOT NULL,
  label_id uuid NOT NULL,
  PRIMARY KEY (account_id, conversation_id, label_id),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations ON DELETE CASCADE,
  FOREIGN KEY (account_id, label_id) REFERENCES labels ON DELETE CASCADE
);
CREATE INDEX conversation_labels_label ON conversation_labels (account_id, label_id, conversation_id);

-- Who changed a conversation, to what, and why: one row per change, kept for good.
CREATE TABLE conversation_changes (
  account_id bigint NOT NULL,
  conversation_id uuid NOT NULL,
  version int NOT NULL,
  at timestamptz NOT NULL,
  reason text NOT NULL CHECK (reason IN ('CUSTOMER_WROTE','TAKEN','ASSIGNED','RELEASED','REPLIED','SET','SNOOZE_ENDED','LEFT_CHANNEL','DISABLED','MERGED','EXPIRED')),
  actor_agent_id uuid,
  actor_system text,
  status text NOT NULL CHECK (status IN ('OPEN','AI_REPLYING','SNOOZED','RESOLVED','CLOSED')),
  agent_id uuid,
  ai_agent_id uuid,
  team_id uuid,
  PRIMARY KEY (account_id, conversation_id, version),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
);

-- Messages -------------------------------------------------------------------------------------------------------

CREATE TABLE messages (
  account_id bigint NOT NULL,
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  id uuid NOT NULL,
  channel_id uuid NOT NULL,
  direction text NOT NULL CHECK (direction IN ('INBOUND','OUTBOUND','INTERNAL')),
  kind text NOT NULL CHECK (kind IN ('TEXT','MEDIA','LOCATION','CONTACTS','INTERACTIVE','REACTION','TEMPLATE','NOTE','GREETING','UNAVAILABLE','SURVEY','UNSUPPORTED')),
  blocked boolean NOT NULL DEFAULT false,
  text text NOT NULL,
  data jsonb,
  agent_id uuid,
  ai_agent_id uuid,
  client_key text,
  reply_to_id uuid,
  external_id text,
  version int NOT NULL DEFAULT 1,
  status text CHECK (status IN ('QUEUED','SENDING','UNKNOWN','SENT','DELIVERED','READ','FAILED')),
  error_code text,
  error_text text,
  advice text,
  attempt int NOT NULL DEFAULT 0,
  sent_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, conversation_id, seq),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations,
  CONSTRAINT messages_status CHECK ((status IS NOT NULL) = (direction = 'OUTBOUND'))
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX messages_id ON messages (account_id, id);
CREATE UNIQUE INDEX messages_external ON messages (account_id, channel_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX messages_client_key ON messages (account_id, conversation_id, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX messages_unsent ON messages (account_id, conversation_id, seq) WHERE status IN ('QUEUED','SENDING','UNKNOWN');

-- One row per try to send a message. A row without an outcome is a try under way, or one whose process died.
CREATE TABLE send_attempts (
  account_id bigint NOT NULL,
  message_id uuid NOT NULL,
  attempt int NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  outcome text CHECK (outcome IN ('SENT','NOT_SENT','REJECTED','AMBIGUOUS','CREDENTIALS')),
  external_id text,
  error_code text,
  by_hand boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account_id, message_id, attempt)
);
CREATE INDEX send_attempts_external ON send_attempts (account_id, external_id) WHERE external_id IS NOT NULL;

-- One sender at a time per conversation. The fence of a lease that was lost is lower than the row's.
CREATE TABLE send_leases (
  account_id bigint NOT NULL,
  conversation_id uuid NOT NULL,
  fence bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  not_before timestamptz, -- the head of the line waits until then; a job for that time is queued
  PRIMARY KEY (account_id, conversation_id),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
) WITH (fillfactor = 70);

CREATE TABLE attachments (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  conversation_id uuid,
  message_id uuid,
  position int NOT NULL DEFAULT 0,
  state text NOT NULL CHECK (state IN ('PENDING','READY','FAILED')),
  content_type text NOT NULL DEFAULT '',
  file_name text NOT NULL DEFAULT '',
  size bigint NOT NULL DEFAULT 0,
  blob_key text,
  source_url text,
  failure text,
  agent_id uuid,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, conversation_id) REFERENCES conversations
);
CREATE INDEX attachments_message ON attachments (account_id, message_id, position) WHERE message_id IS NOT NULL;
CREATE INDEX attachments_unused ON attachments (created_at) WHERE message_id IS NULL;
CREATE INDEX attachments_pending ON attachments (created_at) WHERE state = 'PENDING';

-- Requests of providers as they came, by day.
CREATE TABLE webhook_requests (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  channel_id uuid NOT NULL,
  external_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('MESSAGE','STATUS')),
  body jsonb NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id, received_at)
) PARTITION BY RANGE (received_at);

-- Events ---------------------------------------------------------------------------------------------------------

-- Writers put events here, last in their transaction. The identity is drawn after the conversation's row lock and
-- has CACHE 1, so that its order is the order of commits within a conversation.
CREATE TABLE event_outbox (
  account_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
  kind text NOT NULL CHECK (kind IN ('MESSAGE_ADDED','MESSAGE_CHANGED','CONVERSATION_ADDED','CONVERSATION_CHANGED','CONVERSATION_REMOVED','AGENT_CHANGED','CHANNEL_CHANGED','RIGHTS_CHANGED','SESSION_ENDED')),
  channel_id uuid,
  conversation_id uuid,
  message_id uuid,
  message_seq bigint,
  agent_id uuid,
  session_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);

CREATE TABLE account_feed (
  account_id bigint PRIMARY KEY REFERENCES accounts,
  last_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE events (
  account_id bigint NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('MESSAGE_ADDED','MESSAGE_CHANGED','CONVERSATION_ADDED','CONVERSATION_CHANGED','CONVERSATION_REMOVED','AGENT_CHANGED','CHANNEL_CHANGED','RIGHTS_CHANGED','SESSION_ENDED')),
  channel_id uuid,
  conversation_id uuid,
  message_id uuid,
  message_seq bigint,
  agent_id uuid,
  session_id uuid,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, seq, created_at)
) PARTITION BY RANGE (created_at);
