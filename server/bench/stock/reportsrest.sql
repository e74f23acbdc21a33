-- What belongs to the rows of past. Of each conversation the customer writes first, and then both in turn until it ends.
INSERT INTO contacts (account_id, id, name, phone_number, address, created_at)
SELECT account_id, contact_id, 'Customer ' || n, '+49' || n, '+49' || n, at FROM past;
INSERT INTO identities (account_id, kind, address, contact_id, created_at) SELECT account_id, 'WHATSAPP', '+49' || n, contact_id, at FROM past;

INSERT INTO conversations (account_id, id, channel_id, contact_id, status, agent_id, opened_at, last_activity_at, closed_at, closed_reason, last_seq, version)
SELECT account_id, id, channel_id, contact_id, 'CLOSED', CASE WHEN NOT by_ai THEN agent_id END, at, ended, ended + interval '1 day', 'EXPIRED', messages, CASE WHEN ai_agent_id IS NULL OR by_ai THEN 4 ELSE 5 END FROM past;

INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_agent_id, actor_system, status, agent_id, ai_agent_id, hand_over)
SELECT account_id, id, 1, at, 'CUSTOMER_WROTE', NULL::uuid, 'intake', 'OPEN', NULL::uuid, NULL::uuid, NULL::text FROM past
UNION ALL SELECT account_id, id, 2, at + interval '1 second', 'PLACED', NULL, 'router', 'AI_REPLYING', NULL::uuid, ai_agent_id, NULL FROM past WHERE ai_agent_id IS NOT NULL
UNION ALL SELECT account_id, id, 2, given, 'PLACED', NULL, 'router', 'OPEN', agent_id, NULL, NULL FROM past WHERE ai_agent_id IS NULL
UNION ALL SELECT account_id, id, 3, given, 'HANDED_OVER', NULL, 'ai', 'OPEN', NULL, NULL, 'TOPIC' FROM past WHERE ai_agent_id IS NOT NULL AND NOT by_ai
UNION ALL SELECT account_id, id, 4, ended, 'SET', agent_id, NULL, 'RESOLVED', agent_id, NULL, NULL FROM past WHERE ai_agent_id IS NOT NULL AND NOT by_ai
UNION ALL SELECT account_id, id, 3, ended, CASE WHEN by_ai THEN 'RESOLVED_BY_AI' ELSE 'SET' END, CASE WHEN NOT by_ai THEN agent_id END, NULL, 'RESOLVED', CASE WHEN NOT by_ai THEN agent_id END,
  CASE WHEN by_ai THEN ai_agent_id END, NULL FROM past WHERE ai_agent_id IS NULL OR by_ai
UNION ALL SELECT account_id, id, CASE WHEN ai_agent_id IS NULL OR by_ai THEN 4 ELSE 5 END, ended + interval '1 day', 'EXPIRED', NULL, 'clock', 'CLOSED', CASE WHEN NOT by_ai THEN agent_id END,
  CASE WHEN by_ai THEN ai_agent_id END, NULL FROM past;

INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, agent_id, ai_agent_id, external_id, status, attempt, sent_at, created_at)
SELECT p.account_id, p.id, m.seq, pg_temp.id_at(m.at, p.account_id || 'm' || p.n || '.' || m.seq, '07'), p.channel_id, CASE WHEN m.ours THEN 'OUTBOUND' ELSE 'INBOUND' END, 'TEXT',
  CASE WHEN m.ours THEN 'Thank you for writing. Your parcel left us yesterday and should be with you by tomorrow evening.' ELSE 'Hello, where is my parcel?' END,
  CASE WHEN m.ours AND NOT p.by_ai THEN p.agent_id END, CASE WHEN m.ours AND p.by_ai THEN p.ai_agent_id END,
  'SM' || lpad(to_hex(p.account_id * 1000000000 + p.n::bigint * 100 + m.seq), 32, '0'), CASE WHEN m.ours THEN 'SENT' END, m.ours::int, CASE WHEN m.ours THEN m.at END, m.at
FROM past p CROSS JOIN LATERAL (
  SELECT seq, seq % 2 = 0 AS ours, CASE seq WHEN 1 THEN p.at WHEN 2 THEN p.answered ELSE p.answered + (p.ended - p.answered) * ((seq - 2)::float8 / p.messages) END AS at
  FROM generate_series(1, p.messages) seq) m;

INSERT INTO surveys (account_id, id, conversation_id, version, channel_id, agent_id, ai_agent_id, token_hash, message_id, created_at, expires_at, score, answered_at, answered_by)
SELECT account_id, pg_temp.id_at(ended, account_id || 's' || n, '14'), id, CASE WHEN ai_agent_id IS NULL OR by_ai THEN 3 ELSE 4 END, channel_id, CASE WHEN NOT by_ai THEN agent_id END,
  CASE WHEN by_ai THEN ai_agent_id END, decode(md5(account_id || 's' || n), 'hex'), pg_temp.id_at(ended, account_id || 'q' || n, '07'), ended, ended + interval '1 day',
  CASE WHEN dice % 5 < 2 THEN 1 + dice % 7 % 5 END, CASE WHEN dice % 5 < 2 THEN ended + interval '1 hour' END, CASE WHEN dice % 5 < 2 THEN 'MESSAGE' END FROM past;

INSERT INTO channel_hours (account_id, channel_id, since, hours) SELECT h.account_id, h.id, 'epoch',
  '{"enabled":true,"timeZone":"Europe/Berlin","weekly":[{"day":"MONDAY","intervals":[{"opens":"09:00","closes":"18:00"}]},{"day":"TUESDAY","intervals":[{"opens":"09:00","closes":"18:00"}]},{"day":"WEDNESDAY","intervals":[{"opens":"09:00","closes":"18:00"}]},{"day":"THURSDAY","intervals":[{"opens":"09:00","closes":"18:00"}]},{"day":"FRIDAY","intervals":[{"opens":"09:00","closes":"18:00"}]}],"exceptions":[]}'
  FROM channels h WHERE h.account_id = (SELECT account_id FROM past LIMIT 1);
