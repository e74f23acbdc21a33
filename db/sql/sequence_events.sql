-- Moves committed events of one account from the outbox into its log, numbered without gaps in the order of commits.
-- The account's row is the lock; a second sequencer waits a commit for it. The lock is a statement of its own, so
-- that the DELETE after it has a fresh snapshot. Measured and described in the design of storage, section J.
CREATE OR REPLACE FUNCTION sequence_events(p_account bigint, p_limit int) RETURNS SETOF events LANGUAGE plpgsql AS $$
DECLARE
  base bigint;
BEGIN
  SELECT f.last_seq INTO base FROM account_feed f WHERE f.account_id = p_account FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  RETURN QUERY WITH
  gone AS (DELETE FROM event_outbox o WHERE o.account_id = p_account
    AND o.id = ANY (ARRAY(SELECT x.id FROM event_outbox x WHERE x.account_id = p_account ORDER BY x.id LIMIT p_limit)) RETURNING o.*),
  numbered AS MATERIALIZED (SELECT g.*, base + row_number() OVER (ORDER BY g.id) AS seq FROM gone g),
  counted AS (UPDATE account_feed f SET last_seq = base + (SELECT count(*) FROM numbered)
    WHERE f.account_id = p_account AND EXISTS (SELECT 1 FROM numbered)),
  logged AS (INSERT INTO events (account_id, seq, kind, channel_id, conversation_id, message_id, message_seq, agent_id, session_id, created_at)
    SELECT n.account_id, n.seq, n.kind, n.channel_id, n.conversation_id, n.message_id, n.message_seq, n.agent_id, n.session_id, now()
    FROM numbered n ORDER BY n.seq RETURNING *)
  SELECT * FROM logged l ORDER BY l.seq;
END $$;

-- Takes the next p_n numbers of an account's log for a transaction that is about to commit, and returns the one before
-- them: the transaction writes its events itself and saves a second commit. It gets none (null) while another one
-- numbers, and while the outbox has something: what is there came first. Of a conversation whose row the transaction
-- holds, nobody else can have told since. It is for transactions that come one after another, as those of the intake:
-- the account's row is locked until the commit, so that with many writers at once each would wait for the one before.
CREATE OR REPLACE FUNCTION claim_numbers(p_account bigint, p_n bigint) RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  base bigint;
BEGIN
  SELECT f.last_seq INTO base FROM account_feed f WHERE f.account_id = p_account
    AND NOT EXISTS (SELECT 1 FROM event_outbox o WHERE o.account_id = p_account) FOR UPDATE SKIP LOCKED;
  IF FOUND THEN
    UPDATE account_feed f SET last_seq = base + p_n WHERE f.account_id = p_account;
  END IF;
  RETURN base;
END $$;
