-- Reports: facts about conversations, made from their changes and messages.

-- What happened in an account is found by time. Both only grow at their end.
CREATE INDEX messages_created ON messages (account_id, created_at);
CREATE INDEX conversation_changes_at ON conversation_changes (account_id, at);
CREATE INDEX conversations_merged ON conversations (account_id, id) WHERE closed_reason = 'MERGED';

-- Which business hours a channel had since when; null: none were set. Durations are measured by those of the moment
-- at which they ended, so that new hours change no report about the past.
CREATE TABLE channel_hours (
  account_id bigint NOT NULL,
  channel_id uuid NOT NULL,
  since timestamptz NOT NULL,
  hours jsonb,
  PRIMARY KEY (account_id, channel_id, since),
  FOREIGN KEY (account_id, channel_id) REFERENCES channels ON DELETE CASCADE
);
INSERT INTO channel_hours (account_id, channel_id, since, hours) SELECT account_id, id, 'epoch', hours FROM channels WHERE hours IS NOT NULL;

-- The facts of a quarter of an hour, packed (model.Packs); a quarter without a row had none. One row is read in place of
-- hundreds, and everything that a report asks is counted in one pass.
CREATE TABLE report_slots (
  account_id bigint NOT NULL REFERENCES accounts,
  slot timestamptz NOT NULL CONSTRAINT report_slots_slot_check CHECK (slot = date_bin('15 minutes', slot, '2000-01-01 00:00+00')),
  facts bytea NOT NULL,
  PRIMARY KEY (account_id, slot)
);
-- Facts stay in their row: to fetch thousands of them from elsewhere took longer than all else.
ALTER TABLE report_slots SET (toast_tuple_target = 8160);
ALTER TABLE report_slots ALTER facts SET STORAGE EXTERNAL;

-- Up to when the facts of an account are stored. Later ones are made when they are read.
CREATE TABLE report_progress (
  account_id bigint PRIMARY KEY REFERENCES accounts,
  stored_until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Slots whose facts are no longer right: of a conversation that is out of reports now, or in again. They are made anew
-- when they are read, until they have been stored anew.
CREATE TABLE report_stale (
  account_id bigint NOT NULL REFERENCES accounts,
  id bigint GENERATED ALWAYS AS IDENTITY,
  slot timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);

-- What is to be fetched under a signed address, for as long as that works.
CREATE TABLE report_exports (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  agent_id uuid NOT NULL,
  body jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX report_exports_expiry ON report_exports (expires_at);
