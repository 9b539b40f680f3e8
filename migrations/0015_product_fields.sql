-- Products get a number of the shop's own, drafts, and a threshold of low stock.

ALTER TABLE products ADD COLUMN sku TEXT;
ALTER TABLE products ADD COLUMN sku_key TEXT; -- what must be unique: nameKey of the sku in src/text.ts
CREATE UNIQUE INDEX products_by_sku ON products (sku_key) WHERE sku_key IS NOT NULL;

ALTER TABLE products ADD COLUMN published INTEGER NOT NULL DEFAULT 1
  CONSTRAINT published_boolean CHECK (published IN (0, 1));
ALTER TABLE products ADD COLUMN low_stock INTEGER CONSTRAINT low_stock_not_negative CHECK (low_stock >= 0);

-- in_stock leads every index of a list, so it also keeps drafts apart: 0 and 1 are published products, 2 and 3 are
-- drafts without and with stock. A public list therefore reads no draft, and needs no index of its own.
DROP TRIGGER products_in_stock_at_insert;
CREATE TRIGGER products_in_stock_at_insert AFTER INSERT ON products
WHEN NEW.in_stock <> (NEW.stock > 0) + 2 * (1 - NEW.published) BEGIN
  UPDATE products SET in_stock = (NEW.stock > 0) + 2 * (1 - NEW.published) WHERE id = NEW.id;
END;

DROP TRIGGER products_in_stock;
CREATE TRIGGER products_in_stock AFTER UPDATE OF stock, published ON products
WHEN NEW.in_stock <> (NEW.stock > 0) + 2 * (1 - NEW.published) BEGIN
  UPDATE products SET in_stock = (NEW.stock > 0) + 2 * (1 - NEW.published) WHERE id = NEW.id;
END;

-- Only products with little stock are in these, so that selling units of others writes nothing here.
CREATE INDEX products_low_by_stock ON products (in_stock, stock) WHERE stock <= low_stock;
CREATE INDEX products_low_of_category_by_stock ON products (category_id, in_stock, stock) WHERE stock <= low_stock;

-- The counts of before are of published products; drafts are counted apart.
INSERT INTO counters (name, value) VALUES ('drafts', 0);
ALTER TABLE categories ADD COLUMN draft_count INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER products_counted;
CREATE TRIGGER products_counted AFTER INSERT ON products BEGIN
  UPDATE counters SET value = value + 1 WHERE name = iif(NEW.published, 'products', 'drafts');
  UPDATE categories SET
    product_count = product_count + NEW.published,
    draft_count = draft_count + 1 - NEW.published
  WHERE id = NEW.category_id;
END;

DROP TRIGGER products_uncounted;
CREATE TRIGGER products_uncounted AFTER DELETE ON products BEGIN
  UPDATE counters SET value = value - 1 WHERE name = iif(OLD.published, 'products', 'drafts');
  UPDATE categories SET
    product_count = product_count - OLD.published,
    draft_count = draft_count - 1 + OLD.published
  WHERE id = OLD.category_id;
END;

DROP TRIGGER products_recounted;
CREATE TRIGGER products_recounted AFTER UPDATE OF category_id, published ON products
WHEN (OLD.category_id, OLD.published) <> (NEW.category_id, NEW.published) BEGIN
  UPDATE counters SET value = value + iif((name = 'products') = NEW.published, 1, -1)
  WHERE name IN ('products', 'drafts') AND OLD.published <> NEW.published;
  UPDATE categories SET
    product_count = product_count - OLD.published,
    draft_count = draft_count - 1 + OLD.published
  WHERE id = OLD.category_id;
  UPDATE categories SET
    product_count = product_count + NEW.published,
    draft_count = draft_count + 1 - NEW.published
  WHERE id = NEW.category_id;
END;

-- A product is found by its sku as by a word of its name, and a draft has a token that public searches leave out:
-- U+E005, of src/catalog/product-tokens.ts. Publishing moves in_stock, and so indexes the product again.
ALTER TABLE product_texts ADD COLUMN sku TEXT NOT NULL DEFAULT '';

DROP VIEW product_tokens;
CREATE VIEW product_tokens AS
SELECT
  id,
  name_words || ' ' || description_words || ' ' || category_words AS words,
  char(0xE000) || replace(name_words, ' ', ' ' || char(0xE000)) AS name_words,
  char(0xE001) || category_id || ' ' || char(0xE002) || (stock > 0) || iif(published, '', ' ' || char(0xE005)) || (
    SELECT group_concat(' ' || char(0xE003) || substr(format('%x%d', length(price_cents), price_cents), 1, value), '')
    FROM json_each('[1,2,3,4,5,6,7,8,9,10,11]')
    WHERE value <= length(price_cents) + 1
  ) AS facets
FROM (
  SELECT
    products.id, category_id, stock, published, price_cents,
    ifnull(product_texts.name || iif(product_texts.sku = '', '', ' ' || product_texts.sku), products.name) AS name_words,
    ifnull(product_texts.description, products.description) AS description_words,
    categories.words AS category_words
  FROM products
  JOIN categories ON categories.id = category_id
  LEFT JOIN product_texts ON product_texts.id = products.id
);
