-- What a rule matched is counted in the index alone.
CREATE INDEX decisions_matched ON decisions (account_id, rule_id, decided_at DESC) INCLUDE (conversation_id) WHERE rule_id IS NOT NULL;
DROP INDEX decisions_rule;
