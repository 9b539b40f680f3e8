-- A list between two prices in another order than price reads its cheapest thousand matches and sorts them. The indexes
-- by price have what it sorts by, so that it looks up only the products of its page. The id comes before that, because
-- products of the same price are listed by id.
DROP INDEX products_by_price;
CREATE INDEX products_by_price ON products (in_stock, price_cents, id, name_key, created_at);
DROP INDEX products_of_category_by_price;
CREATE INDEX products_of_category_by_price ON products (category_id, in_stock, price_cents, id, name_key, created_at);
