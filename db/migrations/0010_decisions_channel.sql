-- A draft of a channel's rules is tried on its newest decisions, however many other channels make meanwhile.
CREATE INDEX decisions_channel ON decisions (account_id, channel_id, id) WHERE stage = 'ALL';
