-- Surveys: whether the customer got the question.

-- A question that the provider did not deliver was not asked, and one that an agent sent again was.
CREATE OR REPLACE FUNCTION survey_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE surveys s SET not_delivered = CASE WHEN NEW.status = 'FAILED' THEN 'FAILED' END WHERE s.account_id = NEW.account_id AND s.message_id = NEW.id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER messages_survey AFTER UPDATE OF status ON messages
  FOR EACH ROW WHEN (NEW.kind = 'SURVEY' AND (NEW.status = 'FAILED') <> (OLD.status = 'FAILED')) EXECUTE FUNCTION survey_delivery();
