-- Webhooks: the shop's other systems hear of orders and of stock that runs low. Each endpoint is a durable reader of the
-- log of orders and of the stock movements (0019), so that a shop without endpoints writes nothing for them.

CREATE TABLE webhooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- names the Durable Object of the endpoint: never given away again
  url TEXT NOT NULL,
  types TEXT NOT NULL, -- a JSON array
  active INTEGER NOT NULL DEFAULT 1 CONSTRAINT webhook_active_is_boolean CHECK (active IN (0, 1)),
  gone INTEGER NOT NULL DEFAULT 0, -- 1 after the receiver has answered 410, which made it inactive
  secret TEXT NOT NULL,
  previous_secret TEXT, -- still signs until this time
  previous_until INTEGER,
  failures INTEGER NOT NULL DEFAULT 0, -- attempts since the last one that was answered well
  next_at INTEGER NOT NULL DEFAULT 0, -- not before this time is the next delivery tried
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX webhooks_active ON webhooks (id) WHERE active = 1;

-- A message for one endpoint, as it was made when the event was read: every attempt sends the same bytes. It is inserted
-- in the batch that moves the reader past its event.
CREATE TABLE webhook_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id INTEGER NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  message_id TEXT NOT NULL, -- random, so that no receiver takes it for another one after a restore
  type TEXT NOT NULL,
  order_id INTEGER, -- the message holds data of its customer
  body TEXT NOT NULL,
  -- asked: staff asked for it, so that it is tried once and before all others.
  state TEXT NOT NULL CONSTRAINT delivery_state_known CHECK (state IN ('waiting', 'asked', 'delivered', 'parked')),
  retry_until INTEGER NOT NULL, -- an attempt that fails after this time is the last one
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook_id, state, id);
CREATE INDEX webhook_deliveries_by_order ON webhook_deliveries (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (created_at) WHERE state IN ('delivered', 'parked');

CREATE TABLE webhook_attempts (
  id INTEGER PRIMARY KEY,
  delivery_id INTEGER NOT NULL REFERENCES webhook_deliveries ON DELETE CASCADE,
  at INTEGER NOT NULL,
  status INTEGER, -- NULL without an answer
  error TEXT, -- NULL if the receiver took it
  milliseconds INTEGER NOT NULL,
  answer TEXT NOT NULL -- the beginning of its body
) STRICT;

CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_id, id);
