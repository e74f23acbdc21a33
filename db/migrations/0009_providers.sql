-- The WhatsApp Cloud API knows a number by an id of its own, and shows a token before it posts webhooks.
ALTER TABLE channels
  ADD sender_number_id text,
  ADD verify_token text,
  ADD CONSTRAINT channels_number_id_check CHECK (provider <> 'WHATSAPP_CLOUD' OR sender_number_id IS NOT NULL);
CREATE UNIQUE INDEX channels_number_id ON channels (account_id, provider, sender_number_id) WHERE sender_number_id IS NOT NULL AND removed_at IS NULL;
