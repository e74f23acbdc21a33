-- What one message needs, as one would first write it: no account counter, no batches, no queue.
CREATE SCHEMA plain;
CREATE TABLE plain.contacts (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  channel_id bigint NOT NULL,
  address text NOT NULL,
  name text NOT NULL,
  last_seen_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  UNIQUE (account_id, channel_id, address)
) WITH (fillfactor = 85);
CREATE TABLE plain.conversations (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  channel_id bigint NOT NULL,
  contact_id uuid NOT NULL,
  status smallint NOT NULL DEFAULT 0,
  assignee_id uuid,
  last_seq bigint NOT NULL,
  unread int NOT NULL,
  last_message_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX ON plain.conversations (account_id, channel_id, contact_id) WHERE status <> 2;
CREATE INDEX ON plain.conversations (account_id, status, last_message_at DESC, id DESC);
CREATE INDEX ON plain.conversations (account_id, assignee_id, last_message_at DESC, id DESC) WHERE status <> 2;
CREATE TABLE plain.messages (
  account_id bigint NOT NULL,
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  id uuid NOT NULL,
  channel_id bigint NOT NULL,
  direction smallint NOT NULL,
  external_id text,
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, conversation_id, seq)
);
CREATE UNIQUE INDEX ON plain.messages (account_id, channel_id, external_id);
CREATE TABLE plain.requests (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  body jsonb NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);
CREATE TABLE plain.events (
  account_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  kind smallint NOT NULL,
  conversation_id uuid,
  message_seq bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);
INSERT INTO plain.contacts SELECT a, gen_random_uuid(), 1, '+4915' || n, 'Ana Lima', now() FROM generate_series(1, 10) a, generate_series(1, 1000) n;
INSERT INTO plain.conversations SELECT account_id, gen_random_uuid(), 1, id, 0, NULL, 0, 0, now() FROM plain.contacts;
ANALYZE plain.contacts, plain.conversations;
