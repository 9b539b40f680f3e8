-- Products and searches are split into words by the same rules, which SQL lacks: the Worker applies them
-- (src/catalog/search-words.ts). A product's words are stored, because the index has no copy of its text and
-- needs all of it again when the last unit is sold. Existing products keep the words that SQL made until the
-- scheduled job (src/catalog/reindex.ts) replaces them, and so do products that SQL alone inserts.

-- The version of the rules that made a product's words; 0 for those that SQL made, which have no row below.
ALTER TABLE products ADD COLUMN words_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX products_by_words_version ON products (words_version);

-- The words of name and description, separated by spaces. A trigger below deletes them, not a foreign key.
CREATE TABLE product_texts (
  id INTEGER PRIMARY KEY, -- the product's
  name TEXT NOT NULL,
  description TEXT NOT NULL
) STRICT;

-- Categories are compared by name_key and sorted by sort_key; products are sorted by name_key, and never
-- compared. The name of a category is among the words of its products. After a renaming they are indexed
-- again by id; reindexed_up_to is the last one that was, NULL when none is left.
ALTER TABLE categories ADD COLUMN sort_key TEXT NOT NULL DEFAULT '';
ALTER TABLE categories ADD COLUMN words TEXT NOT NULL DEFAULT '';
ALTER TABLE categories ADD COLUMN words_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE categories ADD COLUMN reindexed_up_to INTEGER;
UPDATE categories SET sort_key = name_key;
CREATE INDEX categories_by_name ON categories (sort_key);
CREATE INDEX categories_by_words_version ON categories (words_version);
CREATE INDEX categories_to_reindex ON categories (reindexed_up_to) WHERE reindexed_up_to IS NOT NULL;

DROP TRIGGER products_indexed;
DROP TRIGGER products_reindexed;
DROP TRIGGER products_unindexed;
DROP VIEW product_tokens;

-- The marks are private-use characters, which are letters to FTS5. Those of src/catalog/product-tokens.ts:
-- U+E000 a word of the name, U+E001 a category, U+E002 whether in stock, U+E003 a prefix of the price in cents,
-- after its number of digits. The one of search-words.ts: U+E004 a softened form of a word.
CREATE VIEW product_tokens AS
SELECT
  products.id,
  ifnull(product_texts.name || ' ' || product_texts.description, products.name || ' ' || products.description)
    || ' ' || categories.words AS words,
  char(0xE000) || replace(ifnull(product_texts.name, products.name), ' ', ' ' || char(0xE000)) AS name_words,
  char(0xE001) || category_id || ' ' || char(0xE002) || (stock > 0) || (
    SELECT group_concat(' ' || char(0xE003) || substr(format('%x%d', length(price_cents), price_cents), 1, value), '')
    FROM json_each('[1,2,3,4,5,6,7,8,9,10,11]')
    WHERE value <= length(price_cents) + 1
  ) AS facets
FROM products
JOIN categories ON categories.id = category_id
LEFT JOIN product_texts ON product_texts.id = products.id;

-- A product that the Worker inserts is indexed when its words follow.
CREATE TRIGGER products_indexed AFTER INSERT ON products WHEN NEW.words_version = 0 BEGIN
  INSERT INTO product_words (rowid, words, name_words, facets)
  SELECT id, words, name_words, facets FROM product_tokens WHERE id = NEW.id;
END;

-- An older product is in the index already.
CREATE TRIGGER product_texts_indexed AFTER INSERT ON product_texts BEGIN
  DELETE FROM product_words WHERE rowid = NEW.id;
  INSERT INTO product_words (rowid, words, name_words, facets)
  SELECT id, words, name_words, facets FROM product_tokens WHERE id = NEW.id;
END;

CREATE TRIGGER product_texts_reindexed AFTER UPDATE ON product_texts BEGIN
  UPDATE product_words
  SET (words, name_words, facets) = (SELECT words, name_words, facets FROM product_tokens WHERE id = NEW.id)
  WHERE rowid = NEW.id;
END;

-- Selling units changes in_stock only with the last one.
CREATE TRIGGER products_reindexed
AFTER UPDATE OF name, description, price_cents, category_id, in_stock ON products
WHEN (OLD.price_cents, OLD.category_id, OLD.in_stock) IS NOT (NEW.price_cents, NEW.category_id, NEW.in_stock)
  OR (NEW.words_version = 0 AND (OLD.name, OLD.description) IS NOT (NEW.name, NEW.description))
BEGIN
  UPDATE product_words
  SET (words, name_words, facets) = (SELECT words, name_words, facets FROM product_tokens WHERE id = NEW.id)
  WHERE rowid = NEW.id;
END;

CREATE TRIGGER products_unindexed AFTER DELETE ON products BEGIN
  DELETE FROM product_words WHERE rowid = OLD.id;
  DELETE FROM product_texts WHERE id = OLD.id;
END;
