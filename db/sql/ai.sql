-- What AI Agents have to answer.

-- Keeps ai_duties, whoever changes a conversation: an AI Agent owes an answer from when it gets a conversation whose
-- customer waits, and from when the customer writes to it; it owes none from when it has lost the conversation. A row
-- that went makes void what was at work on it.
CREATE OR REPLACE FUNCTION keep_ai_duty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'AI_REPLYING' THEN
    DELETE FROM ai_duties d WHERE d.account_id = NEW.account_id AND d.conversation_id = NEW.id;
  ELSIF OLD.status <> 'AI_REPLYING' OR OLD.epoch <> NEW.epoch THEN
    DELETE FROM ai_duties d WHERE d.account_id = NEW.account_id AND d.conversation_id = NEW.id;
    IF NEW.waiting_since IS NOT NULL THEN
      INSERT INTO ai_duties (account_id, conversation_id, epoch, first_at, last_at) VALUES (NEW.account_id, NEW.id, NEW.epoch, now(), now());
    END IF;
  ELSE
    INSERT INTO ai_duties AS d (account_id, conversation_id, epoch, first_at, last_at, after_seq)
      VALUES (NEW.account_id, NEW.id, NEW.epoch, now(), now(), OLD.last_inbound_seq)
      ON CONFLICT (account_id, conversation_id) DO UPDATE SET last_at = now();
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER conversations_ai_duty AFTER UPDATE OF status, epoch, last_inbound_seq ON conversations
  FOR EACH ROW WHEN ((NEW.status = 'AI_REPLYING' OR OLD.status = 'AI_REPLYING')
    AND (NEW.status <> OLD.status OR NEW.epoch <> OLD.epoch OR NEW.last_inbound_seq <> OLD.last_inbound_seq)) EXECUTE FUNCTION keep_ai_duty();

-- Begins the turns that are due, the longest waiting first and at most p_limit, and lends them for p_lease. A turn is due
-- when the customer has not written for p_pause, or goes on writing for p_longest. Accounts in p_full get none.
CREATE OR REPLACE FUNCTION claim_ai_duties(p_limit int, p_full bigint[], p_pause interval, p_longest interval, p_lease interval)
RETURNS SETOF ai_duties LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY UPDATE ai_duties d SET fence = nextval('ai_fences'), tries = d.tries + 1, lease_until = now() + p_lease
    FROM (SELECT w.account_id, w.conversation_id FROM ai_duties w
      WHERE coalesce(w.lease_until <= now(), true) AND (w.last_at + p_pause <= now() OR w.first_at + p_longest <= now()) AND w.account_id <> ALL (p_full)
      ORDER BY w.first_at LIMIT p_limit FOR UPDATE SKIP LOCKED) x
    WHERE d.account_id = x.account_id AND d.conversation_id = x.conversation_id RETURNING d.*;
END $$;
