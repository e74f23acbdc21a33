-- An agent who goes away passes their conversations on.
ALTER TABLE conversation_changes DROP CONSTRAINT conversation_changes_reason_check,
  ADD CONSTRAINT conversation_changes_reason_check CHECK (reason IN ('CUSTOMER_WROTE','TAKEN','ASSIGNED','RELEASED','REPLIED','SET','SNOOZE_ENDED','LEFT_CHANNEL','DISABLED','PASSED_ON','MERGED','EXPIRED','PLACED'));

-- What a rule matched is counted in the index alone.
CREATE INDEX decisions_matched ON decisions (account_id, rule_id, decided_at DESC) INCLUDE (conversation_id) WHERE rule_id IS NOT NULL;
DROP INDEX decisions_rule;
