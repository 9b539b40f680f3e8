-- A list between two prices in another order than price reads its cheapest thousand matches and sorts them. The indexes
-- by price have what it sorts by, so that it looks up only the products of its page. The id comes before that, because
-- products of the same price are listed by id.
DROP INDEX products_by_price;
CREATE INDEX products_by_price ON products (in_stock, price_cents, id, name_key, created_at);
DROP INDEX products_of_category_by_price;
CREATE INDEX products_of_category_by_price ON products (category_id, in_stock, price_cents, id, name_key, created_at);

-- The order streams that have listeners, by the name of their Durable Object: `staff`, or `customer-` and a user id. The
-- batch that places an order reads here whom to wake. An object inserts its row in the batch in which it reads the log, so
-- that an event is either in what it reads or written when the row is there, and deletes it when nobody listens.
CREATE TABLE listening_streams (
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL -- when the object last read the log, give or take an hour
) STRICT, WITHOUT ROWID;

-- For the hourly job, which deletes rows of objects that were lost.
CREATE INDEX listening_streams_by_age ON listening_streams (at);
