-- Products are found by tokens alone, so that a search costs the same however many products match: MATCH
-- walks sorted lists of ids and stops when it has enough. The facets a search filters by are tokens as well,
-- and the words of the name once more, marked, so that those with the words in the name are found first.
-- Looking at the products themselves, or ranking by bm25, would have to read every match.
DROP TRIGGER products_indexed;
DROP TRIGGER products_reindexed;
DROP TRIGGER products_unindexed;
DROP TABLE product_words;

-- Without a second copy of the text. A prefix of the last word, which someone may still be typing, is found
-- in its own index. For a longer one FTS5 first merges the lists of all words that begin with it.
CREATE VIRTUAL TABLE product_words USING fts5 (
  words, name_words, facets,
  content = '', contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2',
  prefix = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20'
);

-- What src/catalog/product-tokens.ts asks for. The marks are letters for private use, which are parts of
-- words to FTS5 and not to a search: U+E000 a word of the name, U+E001 a category, U+E002 whether there is
-- any in stock, U+E003 a beginning of the price in cents, after its number of digits. A word of the name is
-- marked where it follows a separator; one that follows another character than these is not, and ranks as
-- if it stood in the description.
CREATE VIEW product_tokens AS
SELECT
  id,
  name_key || ' ' || description AS words,
  (
    WITH RECURSIVE marked (name, n) AS (
      SELECT char(0xE000) || name_key, 1
      UNION ALL
      SELECT replace(name, substr(separators, n, 1), substr(separators, n, 1) || char(0xE000)), n + 1
      FROM marked
      WHERE n <= length(separators)
    )
    SELECT name FROM marked WHERE n > length(separators)
  ) AS name_words,
  char(0xE001) || category_id || ' ' || char(0xE002) || (stock > 0) || (
    SELECT group_concat(' ' || char(0xE003) || substr(price, 1, value), '')
    FROM json_each('[1,2,3,4,5,6,7,8,9,10,11]')
    WHERE value <= length(price)
  ) AS facets
FROM (
  SELECT
    id, name_key, description, category_id, stock,
    format('%x%d', length(price_cents), price_cents) AS price,
    ' !"#$%&''()*+,-./:;<=>?@[\]^_`{|}~–—‘’“”·•×' AS separators
  FROM products
);

CREATE TRIGGER products_indexed AFTER INSERT ON products BEGIN
  INSERT INTO product_words (rowid, words, name_words, facets)
  SELECT id, words, name_words, facets FROM product_tokens WHERE id = NEW.id;
END;

-- Not when units are sold, unless they are the last: in_stock changes only then. FTS5 keeps no text here,
-- so that an update has to give all of it.
CREATE TRIGGER products_reindexed
AFTER UPDATE OF name_key, description, price_cents, category_id, in_stock ON products
WHEN (OLD.name_key, OLD.description, OLD.price_cents, OLD.category_id, OLD.in_stock)
  IS NOT (NEW.name_key, NEW.description, NEW.price_cents, NEW.category_id, NEW.in_stock)
BEGIN
  UPDATE product_words
  SET (words, name_words, facets) = (SELECT words, name_words, facets FROM product_tokens WHERE id = NEW.id)
  WHERE rowid = NEW.id;
END;

CREATE TRIGGER products_unindexed AFTER DELETE ON products BEGIN
  DELETE FROM product_words WHERE rowid = OLD.id;
END;

-- What is there already. D1 ends a statement after thirty seconds.
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 1 AND 50000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 50001 AND 100000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 100001 AND 150000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 150001 AND 200000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 200001 AND 250000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 250001 AND 300000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 300001 AND 350000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 350001 AND 400000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 400001 AND 450000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 450001 AND 500000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 500001 AND 550000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 550001 AND 600000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 600001 AND 650000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 650001 AND 700000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 700001 AND 750000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 750001 AND 800000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 800001 AND 850000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 850001 AND 900000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 900001 AND 950000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id BETWEEN 950001 AND 1000000;
INSERT INTO product_words (rowid, words, name_words, facets) SELECT * FROM product_tokens WHERE id > 1000000;
