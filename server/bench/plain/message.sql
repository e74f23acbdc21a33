\set account random(1, 10)
\set customer random(1, 1000)
\set opens random(1, 10)
\if :opens = 1
\set customer random(1000000, 999999999)
\endif
BEGIN;
INSERT INTO contacts (account_id, id, channel_id, address, name, last_seen_at) VALUES (:account, gen_random_uuid(), 1, '+4915' || :customer::text, 'Ana Lima', now()) ON CONFLICT (account_id, channel_id, address) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at RETURNING id AS contact \gset
INSERT INTO conversations AS v (account_id, id, channel_id, contact_id, last_seq, unread, last_message_at) VALUES (:account, gen_random_uuid(), 1, :contact::text::uuid, 1, 1, now()) ON CONFLICT (account_id, channel_id, contact_id) WHERE status <> 2 DO UPDATE SET last_seq = v.last_seq + 1, unread = v.unread + 1, last_message_at = EXCLUDED.last_message_at RETURNING id AS conversation, last_seq AS seq \gset
INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, external_id, body) VALUES (:account, :conversation::text::uuid, :seq, gen_random_uuid(), 1, 0, 'SM' || gen_random_uuid()::text, 'hello my order has not arrived yet could you tell me when it comes thanks please');
INSERT INTO requests (account_id, id, body) VALUES (:account, gen_random_uuid(), '{"Body": "hello my order has not arrived yet could you tell me when it comes thanks please", "From": "whatsapp:+4915000000001", "To": "whatsapp:+15550100100", "WaId": "4915000000001", "SmsSid": "SM00000000000000000000000000000001", "MessageSid": "SM00000000000000000000000000000001", "SmsMessageSid": "SM00000000000000000000000000000001", "AccountSid": "AC7e577e577e577e577e577e577e577e57", "ApiVersion": "2010-04-01", "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "MessageType": "text", "ProfileName": "Ana Lima", "ReferralNumMedia": "0", "ChannelMetadata": "{\"type\":\"whatsapp\",\"data\":{\"context\":{\"ProfileName\":\"Ana Lima\",\"WaId\":\"4915000000001\"}}}"}');
INSERT INTO events (account_id, kind, conversation_id, message_seq) VALUES (:account, 1, :conversation::text::uuid, :seq);
COMMIT;
