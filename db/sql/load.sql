-- How many OPEN conversations each agent owns is kept by the database itself, whoever changes a conversation. Only
-- save_placings, which changes many at once, counts for itself and says so by livedesk.counts.
CREATE OR REPLACE FUNCTION count_load() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before uuid := CASE WHEN TG_OP <> 'INSERT' AND OLD.status = 'OPEN' THEN OLD.agent_id END;
  after uuid := CASE WHEN TG_OP <> 'DELETE' AND NEW.status = 'OPEN' THEN NEW.agent_id END;
BEGIN
  IF before IS NOT DISTINCT FROM after THEN RETURN NULL; END IF;
  IF before IS NOT NULL AND after IS NOT NULL THEN
    -- One statement in the order of ids, so that two hand-overs in opposite directions cannot deadlock.
    PERFORM 1 FROM agents a WHERE a.account_id = coalesce(NEW.account_id, OLD.account_id) AND a.id IN (before, after) ORDER BY a.id FOR NO KEY UPDATE;
  END IF;
  UPDATE agents a SET open_count = open_count + CASE WHEN a.id = after THEN 1 ELSE -1 END
    WHERE a.account_id = coalesce(NEW.account_id, OLD.account_id) AND a.id IN (before, after);
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER conversations_load_new AFTER INSERT ON conversations
  FOR EACH ROW WHEN (NEW.status = 'OPEN' AND NEW.agent_id IS NOT NULL) EXECUTE FUNCTION count_load();
CREATE OR REPLACE TRIGGER conversations_load AFTER UPDATE OF status, agent_id ON conversations
  FOR EACH ROW WHEN ((OLD.status IS DISTINCT FROM NEW.status OR OLD.agent_id IS DISTINCT FROM NEW.agent_id) AND current_setting('livedesk.counts', true) IS DISTINCT FROM 'itself')
  EXECUTE FUNCTION count_load();
CREATE OR REPLACE TRIGGER conversations_load_gone AFTER DELETE ON conversations
  FOR EACH ROW WHEN (OLD.status = 'OPEN' AND OLD.agent_id IS NOT NULL) EXECUTE FUNCTION count_load();
