-- What imports of spreadsheets know of products: what another shop calls them, and what files have said of their stock.

-- handle is the one of the source, such as Shopify's, and name_key the name as in categories (nameKey in src/text.ts).
-- stock is what the last file said: only a difference from it changes the stock of the product, so that a file that is
-- imported again does not undo sales. exported_stock is the same for files that this shop
-- exported, with the stock_version that the product had at the export.
CREATE TABLE import_memory (
  product_id INTEGER PRIMARY KEY,
  handle TEXT UNIQUE,
  name_key TEXT NOT NULL,
  stock INTEGER,
  exported_stock INTEGER,
  stock_version INTEGER
) STRICT;

CREATE INDEX import_memory_by_name ON import_memory (name_key);

CREATE TRIGGER import_memory_forgets_deleted AFTER DELETE ON products BEGIN
  DELETE FROM import_memory WHERE product_id = OLD.id;
END;

-- The products of one piece of an import, each with the id of the product of the shop that it updates or creates.
-- Filled and emptied in the same batch, whose statements all have to mean the same products: empty outside of it.
CREATE TABLE import_rows (
  n INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL,
  is_new INTEGER NOT NULL,
  stock_before INTEGER, -- NULL for a new product
  stock_after INTEGER NOT NULL,
  reason TEXT NOT NULL, -- of the movement, if the stock changes
    is_below_sold INTEGER NOT NULL, -- the file takes away more stock than there is, which becomes 0
  is_old INTEGER NOT NULL, -- a newer export has been imported, so the stock stays as it is
  -- A JSON array of the names of fields.
  changes TEXT NOT NULL,
  product TEXT NOT NULL
) STRICT;
