-- Tax contained in prices, options of delivery, and addresses in fields. A shop without rates and options writes
-- nothing here: orders of before have neither tax nor delivery.

-- Rates are basis points: 1900 is 19 %. NULL is the shop's own rate, the setting TAX_RATE.
ALTER TABLE products ADD COLUMN tax_rate INTEGER CONSTRAINT tax_rate_in_range CHECK (tax_rate BETWEEN 0 AND 10000);

-- As of placing; NULL where no rate applied. The taxes of an order are the sums of its lines and of its delivery.
ALTER TABLE order_lines ADD COLUMN tax_rate INTEGER;
ALTER TABLE order_lines ADD COLUMN tax_cents INTEGER;

-- For the statement that taxes a new order: it reads nothing in a shop without rates.
CREATE INDEX order_lines_taxed ON order_lines (order_id) WHERE tax_rate IS NOT NULL;

-- What staff offer, at most MAX_OPTIONS of src/delivery/edit-option.ts. Orders keep name and price. The price is
-- bounded because splitting it by rates multiplies it by the total of the goods, which must fit in 64 bits.
CREATE TABLE delivery_options (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  price_cents INTEGER NOT NULL CONSTRAINT delivery_price_in_range CHECK (price_cents BETWEEN 0 AND 9999999),
  free_from_cents INTEGER, -- the value of the goods from which it costs nothing; NULL for never
  countries TEXT NOT NULL, -- a JSON array of ISO 3166-1 alpha-2 codes; empty for everywhere
  active INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- total_cents includes delivery_cents. delivery_parts splits these by the rates of the goods, as a JSON array of
-- {"rate", "cents", "tax_cents"}; rate and tax are null in the part of goods without a rate.
ALTER TABLE orders ADD COLUMN delivery_name TEXT;
ALTER TABLE orders ADD COLUMN delivery_cents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN delivery_parts TEXT;

-- Beside the free address.
ALTER TABLE users ADD COLUMN country TEXT;
ALTER TABLE users ADD COLUMN postal_code TEXT;
ALTER TABLE users ADD COLUMN city TEXT;
ALTER TABLE users ADD COLUMN line1 TEXT;
ALTER TABLE users ADD COLUMN line2 TEXT;
ALTER TABLE orders ADD COLUMN ship_country TEXT;
ALTER TABLE orders ADD COLUMN ship_postal_code TEXT;
ALTER TABLE orders ADD COLUMN ship_city TEXT;
ALTER TABLE orders ADD COLUMN ship_line1 TEXT;
ALTER TABLE orders ADD COLUMN ship_line2 TEXT;
