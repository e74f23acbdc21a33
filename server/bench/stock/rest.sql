-- What belongs to the rows of stock.
INSERT INTO contacts (account_id, id, name, phone_number, address, created_at)
SELECT account_id, contact_id, ('{Ana,Bruno,Chidi,Divya,Emre,Fatou,Hana,Ivan,Jae,Leila}'::text[])[1 + n % 10] || ' ' || ('{Lima,Costa,Okoye,Rao,Kaya,Diop,Sato}'::text[])[1 + n % 7],
  '+4915' || lpad(n::text, 9, '0'), '+4915' || lpad(n::text, 9, '0'), at FROM stock;

INSERT INTO identities (account_id, kind, address, contact_id, created_at)
SELECT account_id, 'WHATSAPP', '+4915' || lpad(n::text, 9, '0'), contact_id, at FROM stock;

INSERT INTO conversations (account_id, id, channel_id, contact_id, status, priority, agent_id, opened_at, last_activity_at, waiting_since, last_inbound_at,
  unread_count, resolved_at, closed_at, closed_reason, last_seq)
SELECT account_id, id, channel_id, contact_id, status, CASE WHEN dice % 20 = 0 THEN 'HIGH' ELSE 'NORMAL' END, agent_id, at - interval '1 hour', at,
  CASE WHEN status = 'OPEN' AND messages % 2 = 1 THEN at END, at, CASE WHEN status = 'OPEN' THEN messages % 2 ELSE 0 END,
  CASE WHEN status = 'RESOLVED' THEN now() END, CASE WHEN status = 'CLOSED' THEN at END, CASE WHEN status = 'CLOSED' THEN 'EXPIRED' END, messages FROM stock;

-- They are older than the requests that are kept. The customer writes first, and then both in turn.
INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, agent_id, external_id, status, attempt, sent_at, created_at)
SELECT s.account_id, s.id, m.seq, pg_temp.new_id(m.at, 7), s.channel_id, CASE WHEN m.ours THEN 'OUTBOUND' ELSE 'INBOUND' END, 'TEXT',
  CASE WHEN m.ours THEN 'Thank you for writing. Your parcel left us yesterday and should be with you by tomorrow evening.'
    ELSE 'Hello, where is my parcel? I have waited for it since Monday, and nobody has told me anything.' END,
  CASE WHEN m.ours THEN s.speaker_id END, 'SM' || lpad(to_hex(s.n::bigint * 100 + m.seq), 32, '0'),
  CASE WHEN m.ours THEN 'SENT' END, m.ours::int, CASE WHEN m.ours THEN m.at END, m.at
FROM stock s CROSS JOIN LATERAL (
  SELECT seq, seq % 2 = 0 AS ours, s.at - interval '4 days' - (s.messages - seq) * interval '2 minutes' AS at FROM generate_series(1, s.messages) seq) m;

INSERT INTO send_attempts (account_id, message_id, attempt, started_at, ended_at, outcome, external_id)
SELECT m.account_id, m.id, 1, m.created_at, m.created_at, 'SENT', m.external_id
FROM messages m JOIN stock s ON s.account_id = m.account_id AND s.id = m.conversation_id WHERE m.direction = 'OUTBOUND';

INSERT INTO labels (account_id, id, name, color) SELECT s.account_id, pg_temp.new_id(now(), 9), 'Label ' || n, '#a0b0c0' FROM (SELECT DISTINCT account_id FROM stock) s, generate_series(1, 5) n;

INSERT INTO conversation_labels (account_id, conversation_id, label_id)
SELECT s.account_id, s.id, l.id FROM stock s JOIN (SELECT account_id, id, row_number() OVER (PARTITION BY account_id ORDER BY id) - 1 AS place FROM labels) l
ON l.account_id = s.account_id AND (l.place = s.dice % 5 OR l.place = s.dice / 7 % 5) WHERE s.dice % 3 = 0;

UPDATE agents a SET open_count = n.owned FROM (SELECT account_id, agent_id, count(*) AS owned FROM stock WHERE status = 'OPEN' AND agent_id IS NOT NULL GROUP BY 1, 2) n
WHERE a.account_id = n.account_id AND a.id = n.agent_id;
