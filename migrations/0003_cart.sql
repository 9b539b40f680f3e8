-- What a customer means to buy. There is no table of carts: everyone has exactly one, from
-- registration on, so a cart is its customer's lines and takes its id and age from the account.
CREATE TABLE cart_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users (id),
  product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  quantity INTEGER NOT NULL CONSTRAINT quantity_in_range CHECK (quantity BETWEEN 1 AND 100000),
  CONSTRAINT one_line_a_product UNIQUE (user_id, product_id)
) STRICT;

-- For the cascade: without it, deleting a product reads every cart.
CREATE INDEX cart_items_by_product ON cart_items (product_id);
