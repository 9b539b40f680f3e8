-- Guests: customers without an e-mail and a password, whose email_key is NULL. The e-mail of such a row is empty; that
-- of an order is what the guest gave with it. An account that was deleted at its owner's wish becomes such a row too.

-- The hourly job deletes guests that have no session and no order. The index has every session, also revoked ones:
-- SQLite looks for them before it deletes their account.
DROP INDEX sessions_not_revoked_by_user;
CREATE INDEX sessions_by_user ON sessions (user_id, revoked_at);
CREATE INDEX guests_by_age ON users (created_at) WHERE email_key IS NULL AND order_count = 0;

CREATE TRIGGER users_go_with_cart BEFORE DELETE ON users BEGIN
  DELETE FROM cart_items WHERE user_id = OLD.id;
END;

-- Staff find the orders of a guest by this key, and the orders move by it to the account that has confirmed the address
-- (src/auth/attach-guest-orders.ts). NULL for orders of accounts.
ALTER TABLE orders ADD COLUMN guest_email_key TEXT;
CREATE INDEX orders_by_guest ON orders (guest_email_key, created_at) WHERE guest_email_key IS NOT NULL;

CREATE TRIGGER orders_change_hands AFTER UPDATE OF user_id ON orders WHEN NEW.user_id <> OLD.user_id BEGIN
  UPDATE users SET
    order_count = order_count + iif(id = NEW.user_id, 1, -1),
    open_orders = open_orders + iif(NEW.status = 'Pending', iif(id = NEW.user_id, 1, -1), 0),
    open_units = open_units + iif(NEW.status = 'Pending', iif(id = NEW.user_id, NEW.units, -NEW.units), 0),
    open_cents = open_cents + iif(NEW.status = 'Pending', iif(id = NEW.user_id, NEW.total_cents, -NEW.total_cents), 0)
  WHERE id IN (NEW.user_id, OLD.user_id);
END;

-- While it has a row, texts can be taken out of the two logs that may name a customer. The batch that deletes an
-- account puts the row here and takes it away again, so that nobody else can change an entry.
CREATE TABLE erasures (
  user_id INTEGER NOT NULL
) STRICT;

DROP TRIGGER audit_log_never_changes;
CREATE TRIGGER audit_log_changes_only_to_erase BEFORE UPDATE ON audit_log
WHEN NOT EXISTS (SELECT 1 FROM erasures)
  OR (NEW.id, NEW.actor_id, NEW.method, NEW.at) IS NOT (OLD.id, OLD.actor_id, OLD.method, OLD.at)
BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;

DROP TRIGGER payment_events_never_change;
CREATE TRIGGER payment_events_change_only_to_erase BEFORE UPDATE ON payment_events
WHEN NOT EXISTS (SELECT 1 FROM erasures) OR NEW.note IS NOT NULL
  OR (NEW.id, NEW.order_id, NEW.payment_id, NEW.refund_id, NEW.kind, NEW.amount_cents, NEW.currency, NEW.stripe_id,
      NEW.actor_id, NEW.at)
  IS NOT (OLD.id, OLD.order_id, OLD.payment_id, OLD.refund_id, OLD.kind, OLD.amount_cents, OLD.currency, OLD.stripe_id,
      OLD.actor_id, OLD.at)
BEGIN
  SELECT RAISE(ABORT, 'payment_events is append-only');
END;

-- The entries whose texts may name a customer: why staff refunded an order, and which account became staff.
CREATE INDEX audit_log_of_refunds ON audit_log (path) WHERE path GLOB '/api/admin/orders/*/refunds*';
CREATE INDEX audit_log_of_commands ON audit_log (id) WHERE method = 'COMMAND';
