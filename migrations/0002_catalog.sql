-- What is sold: categories and products, the words they are found by, and the ledger of stock.

-- How many rows a list has without filters, kept so that counting costs one row at any size.
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value) VALUES ('categories', 0), ('products', 0), ('orders', 0);

CREATE TABLE categories (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  product_count INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TRIGGER categories_counted AFTER INSERT ON categories BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'categories';
END;

CREATE TRIGGER categories_uncounted AFTER DELETE ON categories BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'categories';
END;

-- version moves with edits by staff, stock_version with every change of stock: orders do not get in
-- the way of someone who edits a description. in_stock is a real column, moved by trigger only when
-- zero is crossed: a generated one would rewrite every index that holds it with each unit sold.
CREATE TABLE products (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  description TEXT NOT NULL,
  price_cents INTEGER NOT NULL CONSTRAINT price_in_range CHECK (price_cents BETWEEN 0 AND 9999999999),
  stock INTEGER NOT NULL CONSTRAINT stock_not_negative CHECK (stock >= 0),
  in_stock INTEGER NOT NULL DEFAULT 1,
  category_id INTEGER NOT NULL REFERENCES categories (id),
  version INTEGER NOT NULL DEFAULT 1,
  stock_version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER products_in_stock_at_insert AFTER INSERT ON products WHEN NEW.in_stock <> (NEW.stock > 0) BEGIN
  UPDATE products SET in_stock = NEW.stock > 0 WHERE id = NEW.id;
END;

CREATE TRIGGER products_in_stock AFTER UPDATE OF stock ON products WHEN NEW.in_stock <> (NEW.stock > 0) BEGIN
  UPDATE products SET in_stock = NEW.stock > 0 WHERE id = NEW.id;
END;

-- One index per ordering, and per ordering within a category. A list that does not filter by stock
-- merges the two halves in_stock = 0 and 1, several categories likewise, so that these eight serve
-- every combination; each ends in the row id, the second part of every keyset.
CREATE INDEX products_by_id ON products (in_stock);
CREATE INDEX products_by_price ON products (in_stock, price_cents);
CREATE INDEX products_by_name ON products (in_stock, name_key);
CREATE INDEX products_by_age ON products (in_stock, created_at);
CREATE INDEX products_of_category_by_id ON products (category_id, in_stock);
CREATE INDEX products_of_category_by_price ON products (category_id, in_stock, price_cents);
CREATE INDEX products_of_category_by_name ON products (category_id, in_stock, name_key);
CREATE INDEX products_of_category_by_age ON products (category_id, in_stock, created_at);

CREATE TRIGGER products_counted AFTER INSERT ON products BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'products';
  UPDATE categories SET product_count = product_count + 1 WHERE id = NEW.category_id;
END;

CREATE TRIGGER products_uncounted AFTER DELETE ON products BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'products';
  UPDATE categories SET product_count = product_count - 1 WHERE id = OLD.category_id;
END;

CREATE TRIGGER products_recounted AFTER UPDATE OF category_id ON products WHEN OLD.category_id <> NEW.category_id BEGIN
  UPDATE categories SET product_count = product_count - 1 WHERE id = OLD.category_id;
  UPDATE categories SET product_count = product_count + 1 WHERE id = NEW.category_id;
END;

-- The words of each product for MATCH, without a second copy of the text. The prefix indexes serve
-- the last word of a search, which someone may still be typing.
CREATE VIRTUAL TABLE product_words USING fts5 (
  name, description,
  content = '', contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2',
  prefix = '1 2 3'
);

CREATE TRIGGER products_indexed AFTER INSERT ON products BEGIN
  INSERT INTO product_words (rowid, name, description) VALUES (NEW.id, NEW.name_key, NEW.description);
END;

CREATE TRIGGER products_reindexed AFTER UPDATE OF name_key, description ON products BEGIN
  UPDATE product_words SET name = NEW.name_key, description = NEW.description WHERE rowid = NEW.id;
END;

CREATE TRIGGER products_unindexed AFTER DELETE ON products BEGIN
  DELETE FROM product_words WHERE rowid = OLD.id;
END;

-- Every change of stock, append-only, written in the batch that makes the change. No foreign key to
-- products or orders: it outlives them. actor_id is the account that acted, NULL for a command.
CREATE TABLE stock_movements (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  product_id INTEGER NOT NULL,
  delta INTEGER NOT NULL,
  stock_after INTEGER NOT NULL,
  reason TEXT NOT NULL CONSTRAINT reason_known CHECK (
    reason IN ('initial', 'order', 'cancellation', 'correction', 'stock-take', 'deletion')
  ),
  order_id INTEGER,
  actor_id INTEGER,
  at INTEGER NOT NULL
) STRICT;

CREATE INDEX stock_movements_by_product ON stock_movements (product_id);

CREATE TRIGGER stock_movements_never_change BEFORE UPDATE ON stock_movements BEGIN
  SELECT RAISE(ABORT, 'stock_movements is append-only');
END;

CREATE TRIGGER stock_movements_never_go BEFORE DELETE ON stock_movements BEGIN
  SELECT RAISE(ABORT, 'stock_movements is append-only');
END;
