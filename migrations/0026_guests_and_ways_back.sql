-- What guests have open is also counted by the e-mail that they order with: a new guest costs nothing. The index has what
-- placing an order sums up.
CREATE INDEX orders_open_by_guest ON orders (guest_email_key, units, total_cents)
WHERE status = 'Pending' AND guest_email_key IS NOT NULL;

-- When the mail with a way back is tried next; NULL once it is sent. The token is made when the mail is, so that only its
-- hash is ever stored.
ALTER TABLE one_time_tokens ADD COLUMN mail_at INTEGER;
CREATE INDEX one_time_tokens_unsent ON one_time_tokens (mail_at) WHERE mail_at IS NOT NULL;
