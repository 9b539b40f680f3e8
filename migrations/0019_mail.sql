-- Mail about orders, and what every durable reader of the log of orders needs: its position in the log, and what
-- happened in an event.

-- For an event that leaves the status as it is: whether the order was paid or refunded. NULL for other changes of the
-- payment, and for events from before this migration.
ALTER TABLE order_events ADD COLUMN payment_change TEXT
  CONSTRAINT payment_change_known CHECK (payment_change IN ('paid', 'refunded'));
ALTER TABLE order_events ADD COLUMN refund_id INTEGER; -- the refund that has succeeded

-- Everything up to this event has been read. It is here and not in a Durable Object, so that a restore takes it back
-- together with the log: ids that the log then gives away again would otherwise be skipped.
CREATE TABLE event_readers (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Mails that have not been sent. A row is inserted in the batch that moves the reader past its event, and deleted when
-- the provider has taken the mail. A parked one was refused for good or has failed too often, and waits for staff. It
-- names nobody: the recipient is that of the order.
CREATE TABLE mails (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id INTEGER NOT NULL UNIQUE,
  order_id INTEGER NOT NULL,
  type TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CONSTRAINT mail_state_known CHECK (state IN ('waiting', 'parked')),
  attempts INTEGER NOT NULL DEFAULT 0,
  error TEXT, -- of the last attempt
  next_at INTEGER NOT NULL, -- when it is tried next
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX mails_waiting ON mails (next_at, id) WHERE state = 'waiting';
CREATE INDEX mails_waiting_by_order ON mails (order_id, id) WHERE state = 'waiting';
CREATE INDEX mails_parked ON mails (id) WHERE state = 'parked';
