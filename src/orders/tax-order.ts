import { sql } from 'kysely'
import { shareOfRow, taxOfRow } from '../contained-tax.ts'
import { newestOrder } from './queries.ts'

/**
 * Stores the tax contained in the newest order: it is calculated for each rate on the sum of its lines and its part of
 * the delivery, and then divided among them, so that they add up to the cent.
 */

const linesOfRate = sql`
  SELECT id, product_id, tax_rate AS rate, quantity * price_cents AS gross
  FROM order_lines INDEXED BY order_lines_taxed WHERE order_id = ${newestOrder} AND tax_rate IS NOT NULL`

const partsOfDelivery = sql`
  SELECT NULL AS id, NULL AS product_id, value ->> 'rate' AS rate, value ->> 'cents' AS gross
  FROM orders, json_each(delivery_parts) WHERE orders.id = ${newestOrder}`

/** The lines and, if the order has a delivery, its parts; a part has no id. */
function taxed(hasDelivery: boolean) {
  const rows = hasDelivery ? sql`${linesOfRate} UNION ALL ${partsOfDelivery}` : linesOfRate
  return sql`(SELECT *, ${sql.raw(taxOfRow('gross', 'rate', 'product_id'))} AS tax FROM (${rows}))`
}

/** Divides the price of delivery among the rates of the goods, in proportion to their value. */
export function splitDelivery() {
  const rates = sql`(
    SELECT tax_rate AS rate, sum(quantity * price_cents) AS weight FROM order_lines
    WHERE order_id = ${newestOrder} GROUP BY tax_rate)`
  const share = sql.raw(shareOfRow('delivery_cents', 'weight', 'goods', 'rate'))
  return sql<never>`
    UPDATE orders SET delivery_parts = (
      SELECT json_group_array(json_object('rate', rate, 'cents', share) ORDER BY rate DESC)
      FROM (SELECT rate, ${share} AS share FROM (SELECT *, sum(weight) OVER () AS goods FROM ${rates})))
    WHERE id = ${newestOrder}`
}

/** As JSON, because SQLite then calculates it once, and only if there is a line to tax; an UPDATE FROM always does. */
export function taxLines(hasDelivery: boolean) {
  const taxes = sql`(SELECT json_group_object(id, tax) FROM ${taxed(hasDelivery)} WHERE id IS NOT NULL)`
  return sql<never>`
    UPDATE order_lines INDEXED BY order_lines_taxed SET tax_cents = json_extract(${taxes}, '$."' || id || '"')
    WHERE order_id = ${newestOrder} AND tax_rate IS NOT NULL`
}

export function taxDelivery() {
  return sql<never>`
    UPDATE orders SET delivery_parts = (
      SELECT json_group_array(json_object('rate', rate, 'cents', gross, 'tax_cents', tax) ORDER BY rate DESC)
      FROM ${taxed(true)} WHERE id IS NULL)
    WHERE id = ${newestOrder}`
}
