-- The words of a search and of a product are made by the same rules, which SQL does not have: the Worker makes
-- them (src/catalog/search-words.ts) and keeps them beside the product, because the index keeps no text and
-- takes all of it anew when the last unit is sold. What is there already is indexed as it was until the
-- scheduled job has made its words (src/catalog/reindex.ts), and so is what SQL alone inserts.

-- By which version of the rules a product's words were made; 0 for those of SQL, which have no row below.
ALTER TABLE products ADD COLUMN words_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX products_by_words_version ON products (words_version);

-- The words of name and description, separated by spaces. No foreign key: the trigger below deletes.
CREATE TABLE product_texts (
  id INTEGER PRIMARY KEY, -- of the product
  name TEXT NOT NULL,
  description TEXT NOT NULL
) STRICT;

-- name_key is what names are compared by, sort_key what they are sorted by. A product's name_key is the latter:
-- nothing compares names of products. A category's name is among the words of its products: after a new name
-- they are indexed again in order of id, up to here so far; NULL when all are.
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

-- The marks, letters for private use, are those of src/catalog/product-tokens.ts: U+E000 a word of the name,
-- U+E001 a category, U+E002 whether there is any in stock, U+E003 a beginning of the price in cents, after its
-- number of digits; and of search-words.ts: U+E004 a softened form of a word.
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

-- A product that the Worker inserts is indexed with its words, which come after it.
CREATE TRIGGER products_indexed AFTER INSERT ON products WHEN NEW.words_version = 0 BEGIN
  INSERT INTO product_words (rowid, words, name_words, facets)
  SELECT id, words, name_words, facets FROM product_tokens WHERE id = NEW.id;
END;

-- One of before is indexed already when its words come.
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

-- Not when units are sold, unless they are the last: in_stock changes only then.
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
