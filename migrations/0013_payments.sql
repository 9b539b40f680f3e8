-- Payments by card through Stripe. Stripe and D1 share no transaction, so everything that is asked of Stripe is a
-- row here first: a repeat sends the same request, and an answer that gets lost is asked for again.

-- Tells this shop's payments from those of other shops in the same Stripe account.
CREATE TABLE shop_identity (
  id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

INSERT INTO shop_identity (id) VALUES (lower(hex(randomblob(8))));

-- Orders that were placed before have the default currency. due_by is NULL where the shop took no payment;
-- else the moment after which an order that nobody paid is cancelled. The sums are kept by the triggers below.
ALTER TABLE orders ADD COLUMN currency TEXT NOT NULL DEFAULT 'EUR';
ALTER TABLE orders ADD COLUMN due_by INTEGER;
ALTER TABLE orders ADD COLUMN paid_at INTEGER; -- when a payment was accepted, or at placing if the total is 0
ALTER TABLE orders ADD COLUMN paid_cents INTEGER NOT NULL DEFAULT 0; -- all that came in, also what has to go back
ALTER TABLE orders ADD COLUMN refunded_cents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN refunding_cents INTEGER NOT NULL DEFAULT 0
  CONSTRAINT refunded_at_most_paid CHECK (refunded_cents + refunding_cents <= paid_cents);

-- The expression says what the API calls the status of the payment. src/orders/queries.ts selects and filters by it,
-- and must have this very expression.
CREATE INDEX orders_by_payment ON orders (
  CASE
    WHEN due_by IS NULL THEN NULL
    WHEN paid_at IS NULL AND status <> 'Cancelled' THEN 'due'
    WHEN status = 'Cancelled' AND paid_cents > refunded_cents THEN 'refunding'
    WHEN refunding_cents > 0 AND paid_cents - refunded_cents - refunding_cents < total_cents THEN 'refunding'
    WHEN paid_cents > 0 AND paid_cents = refunded_cents THEN 'refunded'
    WHEN status = 'Cancelled' THEN 'cancelled'
    ELSE 'paid'
  END, created_at
) WHERE due_by IS NOT NULL;
CREATE INDEX orders_by_payment_and_status ON orders (
  CASE
    WHEN due_by IS NULL THEN NULL
    WHEN paid_at IS NULL AND status <> 'Cancelled' THEN 'due'
    WHEN status = 'Cancelled' AND paid_cents > refunded_cents THEN 'refunding'
    WHEN refunding_cents > 0 AND paid_cents - refunded_cents - refunding_cents < total_cents THEN 'refunding'
    WHEN paid_cents > 0 AND paid_cents = refunded_cents THEN 'refunded'
    WHEN status = 'Cancelled' THEN 'cancelled'
    ELSE 'paid'
  END, status, created_at
) WHERE due_by IS NOT NULL;

-- For the job by the minute: orders to be cancelled, and cancelled ones whose money has to go back.
CREATE INDEX orders_due ON orders (due_by) WHERE due_by IS NOT NULL AND paid_at IS NULL AND status = 'Pending';
CREATE INDEX orders_owing ON orders (id) WHERE status = 'Cancelled' AND paid_cents > refunded_cents + refunding_cents;

-- Units of a line that came back with a refund. The movement of their stock names that refund; its reason is
-- stored as 'cancellation', because SQLite cannot change the constraint of a table, and the API says 'return'.
ALTER TABLE order_lines ADD COLUMN returned INTEGER NOT NULL DEFAULT 0
  CONSTRAINT returned_at_most_sold CHECK (returned BETWEEN 0 AND quantity);
ALTER TABLE stock_movements ADD COLUMN refund_id INTEGER;

-- One row for each attempt to pay an order: one Checkout Session at Stripe. No foreign key to orders: money may come
-- in for an order that a restore has lost.
CREATE TABLE payments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL,
  currency TEXT NOT NULL,
  -- opening: Stripe has been or is being asked for a page. open: a customer may pay there. processing: paid by a
  -- method that takes days. expired: nothing can be paid any more. paid: Stripe holds the money, or held it.
  state TEXT NOT NULL DEFAULT 'opening' CONSTRAINT payment_state_known CHECK (
    state IN ('opening', 'open', 'processing', 'expired', 'paid')
  ),
  key TEXT NOT NULL UNIQUE, -- of the request, and in the metadata of what it makes
  parameters TEXT NOT NULL, -- of the request, as JSON: a repeat must send the same bytes
  session_id TEXT UNIQUE,
  url TEXT,
  expires_at INTEGER NOT NULL,
  payment_intent TEXT UNIQUE,
  received_cents INTEGER NOT NULL DEFAULT 0,
  received_currency TEXT,
  -- Refunds of it that have been requested, are pending or have succeeded; kept by triggers.
  returned_cents INTEGER NOT NULL DEFAULT 0 CONSTRAINT refunded_at_most_received CHECK (
    returned_cents BETWEEN 0 AND received_cents
  ),
  -- 1 for the payment that its order was paid with; all other money goes back.
  accepted INTEGER NOT NULL DEFAULT 0,
  dispute TEXT, -- Stripe's status of the newest dispute about it
  check_at INTEGER NOT NULL, -- when Stripe is asked next, if no event comes
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX payments_by_order ON payments (order_id);
CREATE UNIQUE INDEX payments_one_live ON payments (order_id) WHERE state IN ('opening', 'open', 'processing');
CREATE UNIQUE INDEX payments_one_accepted ON payments (order_id) WHERE accepted = 1;
CREATE INDEX payments_to_check ON payments (check_at) WHERE state IN ('opening', 'open', 'processing');
CREATE INDEX payments_to_return ON payments (id) WHERE state = 'paid' AND accepted = 0 AND returned_cents < received_cents;

-- Money that came in is a fact, even for a page that was given up; nothing else follows the end of a page.
CREATE TRIGGER payments_move_forward BEFORE UPDATE OF state ON payments
WHEN NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES
  ('opening', 'open'), ('opening', 'processing'), ('opening', 'expired'), ('opening', 'paid'),
  ('open', 'processing'), ('open', 'expired'), ('open', 'paid'),
  ('processing', 'expired'), ('processing', 'paid'), ('expired', 'paid')
) BEGIN
  SELECT RAISE(ABORT, 'payments only move forward');
END;

CREATE TRIGGER payments_recorded AFTER UPDATE OF state ON payments WHEN NEW.state = 'paid' AND OLD.state <> 'paid' BEGIN
  INSERT INTO payment_events (order_id, payment_id, kind, amount_cents, currency, stripe_id, at)
  VALUES (NEW.order_id, NEW.id, 'paid', NEW.received_cents, NEW.received_currency, NEW.payment_intent, NEW.changed_at);
END;

-- One row for each refund, before Stripe is asked for it. A refund that the shop did not ask for, such as one made
-- in Stripe's dashboard, is a row as well.
CREATE TABLE refunds (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  payment_id INTEGER NOT NULL REFERENCES payments (id),
  order_id INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL CONSTRAINT refund_positive CHECK (amount_cents > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'requested' CONSTRAINT refund_state_known CHECK (
    state IN ('requested', 'pending', 'succeeded', 'failed')
  ),
  reason TEXT, -- as staff wrote it
  failure TEXT, -- Stripe's code
  actor_id INTEGER, -- NULL for the shop itself
  stripe_id TEXT UNIQUE,
  asked_at INTEGER, -- when Stripe was asked first
  attempt INTEGER NOT NULL DEFAULT 1, -- part of the key: Stripe saves a 500 under the key for a day
  check_at INTEGER NOT NULL, -- when Stripe is asked next, if no event comes
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX refunds_by_payment ON refunds (payment_id);
CREATE INDEX refunds_to_check ON refunds (check_at) WHERE state IN ('requested', 'pending');

CREATE TRIGGER refunds_move_forward BEFORE UPDATE OF state ON refunds
WHEN NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES
  ('requested', 'pending'), ('requested', 'succeeded'), ('requested', 'failed'),
  ('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'failed')
) BEGIN
  SELECT RAISE(ABORT, 'refunds only move forward');
END;

CREATE TRIGGER refunds_counted AFTER INSERT ON refunds BEGIN
  UPDATE payments SET returned_cents = returned_cents + iif(NEW.state = 'failed', 0, NEW.amount_cents)
  WHERE id = NEW.payment_id;
  UPDATE orders SET refunding_cents = refunding_cents + iif(NEW.state IN ('requested', 'pending'), NEW.amount_cents, 0)
  WHERE id = NEW.order_id AND currency = NEW.currency;
  INSERT INTO payment_events (order_id, payment_id, refund_id, kind, amount_cents, currency, note, actor_id, at)
  SELECT NEW.order_id, NEW.payment_id, NEW.id, 'refund_requested', NEW.amount_cents, NEW.currency, NEW.reason,
    NEW.actor_id, NEW.created_at
  WHERE NEW.state = 'requested';
END;

CREATE TRIGGER refunds_recounted AFTER UPDATE OF state ON refunds WHEN NEW.state <> OLD.state BEGIN
  UPDATE payments SET returned_cents = returned_cents - iif(NEW.state = 'failed', NEW.amount_cents, 0)
  WHERE id = NEW.payment_id;
  UPDATE orders
  SET refunding_cents = refunding_cents
    - iif(OLD.state IN ('requested', 'pending') AND NEW.state IN ('succeeded', 'failed'), NEW.amount_cents, 0)
  WHERE id = NEW.order_id AND currency = NEW.currency;
  INSERT INTO payment_events (order_id, payment_id, refund_id, kind, amount_cents, currency, stripe_id, note, at)
  SELECT NEW.order_id, NEW.payment_id, NEW.id,
    CASE WHEN NEW.state = 'succeeded' THEN 'refunded' WHEN OLD.state = 'succeeded' THEN 'refund_reversed' ELSE 'refund_failed' END,
    NEW.amount_cents, NEW.currency, NEW.stripe_id, NEW.failure, NEW.changed_at
  WHERE NEW.state IN ('succeeded', 'failed');
END;

-- The ledger of money, append-only, written by the triggers of payments and refunds when their states change, so
-- that neither can move without it. Amounts are positive; the kind says which way they went. refund_reversed is a refund
-- that had succeeded and came back.
CREATE TABLE payment_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id INTEGER NOT NULL,
  payment_id INTEGER NOT NULL,
  refund_id INTEGER,
  kind TEXT NOT NULL CONSTRAINT kind_known CHECK (
    kind IN ('paid', 'refund_requested', 'refunded', 'refund_failed', 'refund_reversed', 'dispute')
  ),
  amount_cents INTEGER NOT NULL,
  currency TEXT NOT NULL,
  stripe_id TEXT,
  note TEXT, -- why staff refunded, why a refund failed, the status of a dispute
  actor_id INTEGER, -- NULL for the shop itself
  at INTEGER NOT NULL
) STRICT;

CREATE INDEX payment_events_by_order ON payment_events (order_id);
CREATE UNIQUE INDEX payment_events_one_payment ON payment_events (payment_id) WHERE kind = 'paid';
CREATE UNIQUE INDEX payment_events_one_of_a_kind ON payment_events (refund_id, kind) WHERE refund_id IS NOT NULL;

CREATE TRIGGER payment_events_counted AFTER INSERT ON payment_events BEGIN
  UPDATE orders SET
    paid_cents = paid_cents + iif(NEW.kind = 'paid', NEW.amount_cents, 0),
    refunded_cents = refunded_cents
      + iif(NEW.kind = 'refunded', NEW.amount_cents, 0) - iif(NEW.kind = 'refund_reversed', NEW.amount_cents, 0)
  WHERE id = NEW.order_id AND currency = NEW.currency AND NEW.kind IN ('paid', 'refunded', 'refund_reversed');
END;

CREATE TRIGGER payment_events_never_change BEFORE UPDATE ON payment_events BEGIN
  SELECT RAISE(ABORT, 'payment_events is append-only');
END;

CREATE TRIGGER payment_events_never_go BEFORE DELETE ON payment_events BEGIN
  SELECT RAISE(ABORT, 'payment_events is append-only');
END;

-- Stripe's events that have been applied, each in the batch that applied it. Stripe repeats an event for days.
CREATE TABLE stripe_events (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX stripe_events_by_age ON stripe_events (at);
