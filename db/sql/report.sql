-- Reports: which stored facts are no longer right.

-- A conversation that was merged into another one is out of reports, and in them again if it is opened.
CREATE OR REPLACE FUNCTION report_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO report_stale (account_id, slot)
    SELECT DISTINCT NEW.account_id, date_bin('15 minutes', x.at, '2000-01-01 00:00+00') FROM (
      SELECT m.created_at AS at FROM messages m WHERE m.account_id = NEW.account_id AND m.conversation_id = NEW.id
      UNION ALL SELECT h.at FROM conversation_changes h WHERE h.account_id = NEW.account_id AND h.conversation_id = NEW.id) x;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER conversations_report AFTER UPDATE OF closed_reason ON conversations
  FOR EACH ROW WHEN ((OLD.closed_reason IS NOT DISTINCT FROM 'MERGED') <> (NEW.closed_reason IS NOT DISTINCT FROM 'MERGED')) EXECUTE FUNCTION report_merged();
