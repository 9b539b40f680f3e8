-- What a cart tells its customer until they have seen it: products that were deleted, prices that moved, stock that
-- has become too little.

-- Without a foreign key to products: the line of a deleted product stays, as the trace of what the cart held, so
-- that deleting a product writes one row however many carts hold it. Every query of a cart joins products, and so
-- no longer sees the line. SQLite cannot drop a foreign key, so the table is made anew; its next id stays above
-- those of deleted rows.
CREATE TABLE carried_cart_items AS SELECT id, user_id, product_id, quantity FROM cart_items;
CREATE TABLE carried_sequence AS SELECT seq FROM sqlite_sequence WHERE name = 'cart_items';
DROP TABLE cart_items;
CREATE TABLE cart_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users (id),
  product_id INTEGER NOT NULL,
  quantity INTEGER NOT NULL CONSTRAINT quantity_in_range CHECK (quantity BETWEEN 1 AND 100000),
  -- The price that the customer has seen: as of adding the product, or of a change they confirmed. NULL in lines
  -- that the code before this migration adds; they tell no change of price.
  seen_cents INTEGER,
  -- The stock, below the quantity, that the customer has last confirmed to have seen; NULL if they have confirmed none.
  seen_stock INTEGER,
  CONSTRAINT one_line_a_product UNIQUE (user_id, product_id)
) STRICT;
INSERT INTO cart_items (id, user_id, product_id, quantity, seen_cents)
SELECT carried_cart_items.id, user_id, product_id, quantity, price_cents
FROM carried_cart_items JOIN products ON products.id = product_id;
INSERT INTO sqlite_sequence (name, seq)
SELECT 'cart_items', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'cart_items');
UPDATE sqlite_sequence SET seq = max(seq, ifnull((SELECT seq FROM carried_sequence), 0)) WHERE name = 'cart_items';
DROP TABLE carried_cart_items;
DROP TABLE carried_sequence;

-- For the deletion of a product (the trigger below), and for the hourly job, which deletes lines of products deleted
-- long ago.
CREATE INDEX cart_items_by_product ON cart_items (product_id);

-- The names of deleted products that carts still hold. The hourly job deletes old ones with their lines.
CREATE TABLE deleted_products (
  id INTEGER PRIMARY KEY, -- of the product
  name TEXT NOT NULL,
  deleted_at INTEGER NOT NULL
) STRICT;

CREATE INDEX deleted_products_by_age ON deleted_products (deleted_at);

-- A trigger, so that no product goes without its trace, also while the code before this migration still serves.
CREATE TRIGGER products_traced_in_carts AFTER DELETE ON products
WHEN EXISTS (SELECT 1 FROM cart_items WHERE product_id = OLD.id) BEGIN
  INSERT INTO deleted_products (id, name, deleted_at)
  VALUES (OLD.id, OLD.name, CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
