-- An agent is connected while one of their sockets has a lease. Both functions take the agent's row first, so that
-- the last lease that ends and the first that begins cannot miss each other.

-- Registers a socket; false when the agent has as many as one may have, or the session is gone. Only leases renewed
-- within p_fresh are counted: after a process was killed its agents come back at once, with all their sockets, and
-- the dead ones must not keep them out until their leases end.
CREATE OR REPLACE FUNCTION connect_agent(p_account bigint, p_id uuid, p_agent uuid, p_session uuid, p_process uuid, p_limit int, p_lease interval, p_fresh interval)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  was boolean;
BEGIN
  SELECT a.connected INTO was FROM agents a WHERE a.account_id = p_account AND a.id = p_agent FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM connections c WHERE c.account_id = p_account AND c.agent_id = p_agent AND c.expires_at > now() + p_lease - p_fresh AND NOT c.closed) >= p_limit
      OR NOT EXISTS (SELECT 1 FROM sessions s WHERE s.account_id = p_account AND s.id = p_session) THEN
    RETURN false;
  END IF;
  INSERT INTO connections (account_id, id, agent_id, session_id, process_id, expires_at) VALUES (p_account, p_id, p_agent, p_session, p_process, now() + p_lease);
  IF NOT was THEN
    UPDATE agents a SET connected = true WHERE a.account_id = p_account AND a.id = p_agent;
    INSERT INTO event_outbox (account_id, kind, agent_id) VALUES (p_account, 'AGENT_CHANGED', p_agent);
  END IF;
  RETURN true;
END $$;

-- Ends leases that ran out and returns the accounts in which an agent thereby is no longer connected.
CREATE OR REPLACE FUNCTION end_leases() RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE
  g record;
BEGIN
  FOR g IN SELECT DISTINCT c.account_id, c.agent_id FROM connections c WHERE c.expires_at <= now() ORDER BY 1, 2 LOOP
    PERFORM 1 FROM agents a WHERE a.account_id = g.account_id AND a.id = g.agent_id FOR NO KEY UPDATE;
    DELETE FROM connections c WHERE c.account_id = g.account_id AND c.agent_id = g.agent_id AND c.expires_at <= now();
    UPDATE agents a SET connected = false WHERE a.account_id = g.account_id AND a.id = g.agent_id AND a.connected
      AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.account_id = a.account_id AND c.agent_id = a.id);
    IF FOUND THEN
      INSERT INTO event_outbox (account_id, kind, agent_id) VALUES (g.account_id, 'AGENT_CHANGED', g.agent_id);
      RETURN NEXT g.account_id;
    END IF;
  END LOOP;
  DELETE FROM processes p WHERE p.expires_at < now() - interval '1 hour';
END $$;
