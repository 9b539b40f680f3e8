-- The open orders of guests are also counted by the e-mail that they order with, since anybody can start as a new
-- guest. The index has what placing an order sums up.
CREATE INDEX orders_open_by_guest ON orders (guest_email_key, units, total_cents)
WHERE status = 'Pending' AND guest_email_key IS NOT NULL;

-- When the mail that lets the owner of a former address undo its change is tried next; NULL once it is sent. Such a row
-- is a placeholder: each attempt makes a token, and stores its hash in a row of its own.
ALTER TABLE one_time_tokens ADD COLUMN mail_at INTEGER;
CREATE INDEX one_time_tokens_unsent ON one_time_tokens (mail_at) WHERE mail_at IS NOT NULL;
