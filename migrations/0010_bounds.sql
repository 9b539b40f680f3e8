-- Bounds on what one customer, or the age of the shop, can cost.

-- Queries about an account's sessions ask for active ones only, so that an account with a past of many
-- thousand log-ins costs what any other costs.
DROP INDEX sessions_by_user;
CREATE INDEX sessions_not_revoked_by_user ON sessions (user_id) WHERE revoked_at IS NULL;

-- The sums of an account's Pending orders, kept by the triggers below: placing an order compares them with limits, and
-- must not read all of these orders for that.
ALTER TABLE users ADD COLUMN open_orders INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN open_units INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN open_cents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN units INTEGER NOT NULL DEFAULT 0; -- the sum of its lines' quantities
UPDATE orders SET units = (SELECT ifnull(sum(quantity), 0) FROM order_lines WHERE order_id = orders.id);
UPDATE users SET (open_orders, open_units, open_cents) = (
  SELECT count(*), ifnull(sum(units), 0), ifnull(sum(total_cents), 0)
  FROM orders WHERE user_id = users.id AND status = 'Pending'
);

DROP TRIGGER orders_counted;
CREATE TRIGGER orders_counted AFTER INSERT ON orders BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'orders';
  UPDATE users SET
    order_count = order_count + 1,
    open_orders = open_orders + (NEW.status = 'Pending'),
    open_units = open_units + iif(NEW.status = 'Pending', NEW.units, 0),
    open_cents = open_cents + iif(NEW.status = 'Pending', NEW.total_cents, 0)
  WHERE id = NEW.user_id;
END;

CREATE TRIGGER orders_opened_and_closed AFTER UPDATE OF status ON orders
WHEN (OLD.status = 'Pending') <> (NEW.status = 'Pending') BEGIN
  UPDATE users SET
    open_orders = open_orders + iif(NEW.status = 'Pending', 1, -1),
    open_units = open_units + iif(NEW.status = 'Pending', NEW.units, -NEW.units),
    open_cents = open_cents + iif(NEW.status = 'Pending', NEW.total_cents, -NEW.total_cents)
  WHERE id = NEW.user_id;
END;

-- The audit log may forget what is older than the operator's RETAIN_AUDIT_DAYS. The job that deletes it
-- puts the moment here and takes it away again in the same batch, so that nobody else can delete anything.
CREATE TABLE audit_log_retention (
  deleting_before INTEGER NOT NULL
) STRICT;

DROP TRIGGER audit_log_never_goes;
CREATE TRIGGER audit_log_goes_after_retention BEFORE DELETE ON audit_log
WHEN OLD.at >= ifnull((SELECT max(deleting_before) FROM audit_log_retention), 0) BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
