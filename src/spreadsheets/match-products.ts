import { type RawBuilder, sql } from 'kysely'
import { MAX_STOCK } from '../catalog/schema.ts'

/** What an import makes of one product of a file. */
export interface Match {
  /** Its index in the file. */
  n: number
  /** Null for a new product. */
  product_id: number | null
  /** The stock of that product before the import; null for a new one. */
  stock_before: number | null
  stock_after: number
  /** Of the movement, if the stock of a product changes. */
  reason: 'correction' | 'stock-take'
  /** A JSON array of the names of fields. */
  changes: string
  /** Several products have its name, and nothing else tells which is meant. */
  is_ambiguous: number
  /** It is of our own export, and has the SKU of another product. */
  is_sku_taken: number
  /** The file takes away more than there is. */
  is_below_sold: number
  /** From an older export than the one imported last, with an edited stock, which is ignored. */
  is_old: number
}

/** What the rows of a file name products by: JSON arrays, one or more, as D1 takes two million bytes a parameter. */
export interface Keys {
  /** `shop` and `id` of handles that an export of Kiosk gives, and `sku_key`, of the rows that have either. */
  own_or_sku: readonly string[]
  /** `handle`, and `sku_key` if there is one, of the rows that have a handle. */
  by_handle: readonly string[]
}

/**
 * SQL for the products of a JSON array, `ImportedProduct`s with their index `n`: which product each of them is, and
 * what would change. A row names its product by the handle of this shop's own export, else by its SKU, else by its
 * handle, else by the name in earlier imports. If a row names a product, no other row is matched to it by something
 * later in this list: `keys` are of the whole file, so that it does not matter which rows are in one piece.
 *
 * A file changes the stock by the difference from what the file before said, so that what was sold in between stays
 * sold; the first file sets it.
 */
export function selectMatches(products: string, keys: Keys): RawBuilder<Match & { product: string }> {
  return sql`SELECT * FROM (
    WITH own_or_sku AS MATERIALIZED (
      SELECT ${ownId} AS own_id, value ->> 'sku_key' AS sku_key FROM ${eachOf(keys.own_or_sku)}
    ),
    given AS MATERIALIZED (
      SELECT value AS product, value ->> 'n' AS n, value ->> 'handle' AS handle, value ->> 'name_key' AS name_key,
        value ->> 'sku_key' AS sku_key, (SELECT id FROM products WHERE id = ${ownId}) AS own_id
      FROM json_each(${products})
    ),
    with_sku AS MATERIALIZED (
      SELECT given.*, products.id AS sku_id FROM given LEFT JOIN products ON products.sku_key = given.sku_key
    ),
    known AS MATERIALIZED (
      SELECT n, product, own_id, sku_key, ifnull(own_id <> sku_id, 0) AS is_sku_taken,
        coalesce(own_id, sku_id, (
          SELECT products.id FROM import_memory JOIN products ON products.id = product_id
          WHERE import_memory.handle = with_sku.handle AND NOT ${isNamed}
        )) AS product_id,
        iif(handle IS NULL, name_key, NULL) AS name_key
      FROM with_sku
    ),
    named AS MATERIALIZED (
      SELECT known.n, min(products.id) AS product_id, count(*) AS products
      FROM known
      JOIN import_memory ON import_memory.name_key = known.name_key
      JOIN products ON products.id = import_memory.product_id
      WHERE known.product_id IS NULL AND (known.sku_key IS NULL OR products.sku_key IS NULL) AND NOT ${isNamed}
        -- If the row with this handle has the SKU of a product, the handle moves to that one and names this one no more.
        AND (import_memory.handle IS NULL OR import_memory.handle NOT IN (
          SELECT value ->> 'handle' FROM ${eachOf(keys.by_handle)}
          WHERE NOT EXISTS (SELECT 1 FROM products WHERE products.sku_key = value ->> 'sku_key')
        ))
      GROUP BY known.n
    ),
    matched AS MATERIALIZED (
      SELECT known.n, product, ifnull(known.product_id, iif(named.products = 1, named.product_id, NULL)) AS match_id,
        ifnull(named.products > 1 AND sku_key IS NULL, 0) AS is_ambiguous, is_sku_taken, own_id,
        product ->> 'stock' AS said, product ->> 'exported_stock' AS exported,
        product ->> 'stock_version' AS exported_version
      FROM known LEFT JOIN named ON named.n = known.n
    ),
    owned AS (
      SELECT *, ifnull(own_id = match_id AND exported + exported_version IS NOT NULL, 0) AS is_own FROM matched
    ),
    based AS MATERIALIZED (
      SELECT owned.*, products.stock AS stock_before,
        ifnull(is_own AND exported_version < import_memory.stock_version, 0) AS is_stale,
        -- What the file's stock is compared with: of another shop, what its last file said; of the own export, what
        -- the export said or, if it has been imported, what it said then, so that nothing changes twice.
        CASE
          WHEN NOT is_own THEN import_memory.stock
          WHEN exported_version = import_memory.stock_version THEN import_memory.exported_stock
          ELSE exported
        END AS base
      FROM owned
      LEFT JOIN products ON products.id = match_id
      LEFT JOIN import_memory ON import_memory.product_id = match_id
    )
    SELECT n, product, match_id AS product_id, stock_before, is_ambiguous, is_sku_taken,
      ifnull(is_stale AND said <> exported, 0) AS is_old,
      ifnull(NOT is_stale AND stock_before + said - base < 0, 0) AS is_below_sold,
      CASE
        WHEN match_id IS NULL THEN ifnull(said, 0)
        WHEN said IS NULL OR is_stale OR said IS base THEN stock_before
        WHEN base IS NULL THEN said
        ELSE min(max(stock_before + said - base, 0), ${sql.lit(MAX_STOCK)})
      END AS stock_after,
      iif(base IS NULL, 'stock-take', 'correction') AS reason,
      (
        SELECT json_group_array(key)
        FROM json_each(json_object(
          'name', product ->> 'name' <> products.name,
          'description', product ->> 'description' <> products.description,
          'price', product ->> 'price' <> price_cents,
          'category', product ->> 'category_key' <> categories.name_key,
          'sku', product ->> 'sku' IS NOT NULL AND product ->> 'sku' IS NOT sku,
          'published', product ->> 'published' <> published,
          'low_stock', product ->> 'low_stock' IS NOT NULL AND product ->> 'low_stock' IS NOT low_stock,
          'tax_rate', product ->> 'tax_rate' IS NOT NULL AND product ->> 'tax_rate' IS NOT tax_rate
        )) WHERE value AND products.id IS NOT NULL
      ) AS changes
    FROM based
    LEFT JOIN products ON products.id = match_id
    LEFT JOIN categories ON categories.id = category_id
    ORDER BY n)`
}

/** The id of the product that a row of our own export names. */
const ownId = sql`CASE WHEN value ->> 'shop' = (SELECT id FROM shop_identity) THEN value ->> 'id' END`

/** A row of the file names the product of `products` by the handle of our own export, or by its SKU. */
const isNamed = sql`ifnull(
  products.id IN (SELECT own_id FROM own_or_sku WHERE own_id IS NOT NULL)
  OR products.sku_key IN (SELECT sku_key FROM own_or_sku WHERE sku_key IS NOT NULL), 0)`

/** The values of one or more JSON arrays. */
function eachOf(arrays: readonly string[]): RawBuilder<unknown> {
  return sql`(VALUES ${sql.join(arrays.map((array) => sql`(${array})`))}) AS arrays, json_each(arrays.column1)`
}
