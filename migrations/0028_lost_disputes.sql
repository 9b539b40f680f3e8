-- Money that the customer's bank took back, by a dispute that the shop lost or that was ended for it. Without it, a
-- cancelled order waited for ever for a refund that nobody may make: the customer has the money already.
ALTER TABLE orders ADD COLUMN lost_cents INTEGER NOT NULL DEFAULT 0;

-- The sum of the disputes whose newest entry in the ledger says so. A dispute can still be won after an appeal.
CREATE TRIGGER disputes_counted AFTER INSERT ON payment_events WHEN NEW.kind = 'dispute' BEGIN
  UPDATE orders SET lost_cents = (
    SELECT ifnull(sum(amount_cents), 0) FROM payment_events AS entry
    WHERE order_id = orders.id AND kind = 'dispute' AND currency = orders.currency AND note IN ('lost', 'prevented')
      AND NOT EXISTS (
        SELECT 1 FROM payment_events AS later
        WHERE later.order_id = orders.id AND later.stripe_id = entry.stripe_id AND later.id > entry.id))
  WHERE id = NEW.order_id;
END;

UPDATE orders SET lost_cents = (
  SELECT ifnull(sum(amount_cents), 0) FROM payment_events AS entry
  WHERE order_id = orders.id AND kind = 'dispute' AND currency = orders.currency AND note IN ('lost', 'prevented')
    AND NOT EXISTS (
      SELECT 1 FROM payment_events AS later
      WHERE later.order_id = orders.id AND later.stripe_id = entry.stripe_id AND later.id > entry.id))
WHERE id IN (SELECT order_id FROM payment_events WHERE kind = 'dispute');

-- As in src/payments/apply-dispute.ts: no longer the newest dispute of the payment, but the newest that the shop has not
-- won, if any. Otherwise money that the bank took back could go back once more after another dispute.
UPDATE payments SET dispute = (
  SELECT note FROM payment_events WHERE id IN (
    SELECT max(id) FROM payment_events
    WHERE order_id = payments.order_id AND payment_id = payments.id AND kind = 'dispute' GROUP BY stripe_id)
  ORDER BY note IN ('won', 'warning_closed'), id DESC LIMIT 1)
WHERE dispute IS NOT NULL;

-- As in src/payments/return-money.ts, which otherwise looked at these orders every minute for ever.
DROP INDEX orders_owing;
CREATE INDEX orders_owing ON orders (id)
WHERE status = 'Cancelled' AND paid_cents > refunded_cents + refunding_cents + lost_cents;

-- As in src/orders/queries.ts.
DROP INDEX orders_by_payment;
DROP INDEX orders_by_payment_and_status;
CREATE INDEX orders_by_payment ON orders (
  CASE
    WHEN due_by IS NULL THEN NULL
    WHEN paid_at IS NULL AND status <> 'Cancelled' THEN 'due'
    WHEN status = 'Cancelled' AND paid_cents > refunded_cents + lost_cents THEN 'refunding'
    WHEN refunding_cents > 0 AND paid_cents - refunded_cents - refunding_cents < total_cents THEN 'refunding'
    WHEN paid_cents > 0 AND paid_cents = refunded_cents THEN 'refunded'
    WHEN status = 'Cancelled' THEN iif(paid_cents > 0, 'refunded', 'cancelled')
    ELSE 'paid'
  END, created_at
) WHERE due_by IS NOT NULL;
CREATE INDEX orders_by_payment_and_status ON orders (
  CASE
    WHEN due_by IS NULL THEN NULL
    WHEN paid_at IS NULL AND status <> 'Cancelled' THEN 'due'
    WHEN status = 'Cancelled' AND paid_cents > refunded_cents + lost_cents THEN 'refunding'
    WHEN refunding_cents > 0 AND paid_cents - refunded_cents - refunding_cents < total_cents THEN 'refunding'
    WHEN paid_cents > 0 AND paid_cents = refunded_cents THEN 'refunded'
    WHEN status = 'Cancelled' THEN iif(paid_cents > 0, 'refunded', 'cancelled')
    ELSE 'paid'
  END, status, created_at
) WHERE due_by IS NOT NULL;
