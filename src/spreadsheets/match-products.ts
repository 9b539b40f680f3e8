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
  /** The file takes away more than there is. */
  is_below_sold: number
  /** From an older export than the one imported last, with an edited stock, which is ignored. */
  is_old: number
}

/**
 * SQL for the products of a JSON array, `ImportedProduct`s with their index `n`: which product each of them is, by its
 * SKU, else by its handle, else by its name in earlier imports, and what would change. A file changes the stock by the
 * difference from what the file before said, so that what was sold in between stays sold; the first file sets it.
 */
export function selectMatches(products: string): RawBuilder<Match & { product: string }> {
  return sql`SELECT * FROM (
    WITH given AS MATERIALIZED (
      SELECT value AS product, value ->> 'n' AS n, value ->> 'handle' AS handle, value ->> 'name_key' AS name_key,
        value ->> 'sku_key' AS sku_key,
        CASE WHEN value ->> 'shop' = (SELECT id FROM shop_identity) THEN value ->> 'id' END AS own_id
      FROM json_each(${products})
    ),
    with_sku AS MATERIALIZED (
      SELECT given.*, products.id AS sku_id FROM given LEFT JOIN products ON products.sku_key = given.sku_key
    ),
    known AS MATERIALIZED (
      -- A handle may have moved to another product of the file, whose SKU tells which it was.
      SELECT n, product, own_id, sku_key, ifnull(sku_id, ifnull(
        (SELECT id FROM products WHERE id = own_id),
        (SELECT product_id FROM import_memory
         WHERE import_memory.handle = with_sku.handle
           AND product_id NOT IN (SELECT sku_id FROM with_sku WHERE sku_id IS NOT NULL))
      )) AS product_id, iif(handle IS NULL AND NOT (product ->> 'is_other'), name_key, NULL) AS name_key
      FROM with_sku
    ),
    named AS MATERIALIZED (
      SELECT known.n, min(import_memory.product_id) AS product_id, count(*) AS products
      FROM known
      JOIN import_memory ON import_memory.name_key = known.name_key
      JOIN products ON products.id = import_memory.product_id
      WHERE known.product_id IS NULL AND (known.sku_key IS NULL OR products.sku_key IS NULL)
      GROUP BY known.n
    ),
    matched AS MATERIALIZED (
      SELECT known.n, product, ifnull(known.product_id, iif(named.products = 1, named.product_id, NULL)) AS match_id,
        ifnull(named.products > 1 AND sku_key IS NULL, 0) AS is_ambiguous, own_id,
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
    SELECT n, product, match_id AS product_id, stock_before, is_ambiguous,
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
