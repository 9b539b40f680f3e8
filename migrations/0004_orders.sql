-- What was bought. Lines keep name and price as of placing and have no foreign key to products:
-- deleting a product takes nothing from the orders that hold it.
CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users (id),
  total_cents INTEGER NOT NULL CONSTRAINT total_in_range CHECK (total_cents BETWEEN 0 AND 9999999999),
  status TEXT NOT NULL DEFAULT 'Pending' CONSTRAINT status_known CHECK (
    status IN ('Pending', 'Shipped', 'Delivered', 'Cancelled')
  ),
  ship_name TEXT NOT NULL,
  ship_phone TEXT NOT NULL,
  ship_address TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- Lists are in order of (created_at, id); each index serves one combination of filters.
CREATE INDEX orders_by_age ON orders (created_at);
CREATE INDEX orders_by_status ON orders (status, created_at);
CREATE INDEX orders_by_user ON orders (user_id, created_at);
CREATE INDEX orders_by_user_and_status ON orders (user_id, status, created_at);

CREATE TRIGGER orders_counted AFTER INSERT ON orders BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'orders';
  UPDATE users SET order_count = order_count + 1 WHERE id = NEW.user_id;
END;

CREATE TABLE order_lines (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id INTEGER NOT NULL REFERENCES orders (id),
  product_id INTEGER NOT NULL,
  product_name TEXT NOT NULL,
  quantity INTEGER NOT NULL CONSTRAINT quantity_positive CHECK (quantity > 0),
  price_cents INTEGER NOT NULL,
  CONSTRAINT one_line_a_product UNIQUE (order_id, product_id)
) STRICT;

-- Every change of an order, append-only, written in the batch that makes the change. user_id is
-- whose order it is, actor_id who acted.
CREATE TABLE order_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  from_status TEXT,
  to_status TEXT NOT NULL,
  actor_id INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE INDEX order_events_by_order ON order_events (order_id);
CREATE INDEX order_events_by_user ON order_events (user_id);

CREATE TRIGGER order_events_never_change BEFORE UPDATE ON order_events BEGIN
  SELECT RAISE(ABORT, 'order_events is append-only');
END;

CREATE TRIGGER order_events_never_go BEFORE DELETE ON order_events BEGIN
  SELECT RAISE(ABORT, 'order_events is append-only');
END;

-- Requests already done, so that a repeat has no second effect. The row is written in the batch of
-- the effect: its primary key is what refuses a duplicate, also a simultaneous one. user_id is 0 for
-- requests of nobody (registering); resource_id and status are what the first one made and answered.
CREATE TABLE idempotency_keys (
  user_id INTEGER NOT NULL,
  route TEXT NOT NULL,
  key TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  resource_id INTEGER,
  status INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, route, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
