import { type RawBuilder, sql } from 'kysely'
import { toIndexedWords, toSkuWords, WORDS_VERSION } from '../catalog/search-words.ts'
import { sortKeyOf } from '../catalog/sort-key.ts'
import type { Db, Query } from '../db/client.ts'
import { refuseWhen } from '../db/refusal.ts'
import { fieldError } from '../field-errors.ts'
import { nameKey } from '../text.ts'
import type { ImportedProduct } from './check-products.ts'
import { type Keys, type Match, selectMatches } from './match-products.ts'
import type { CellError } from './sheet.ts'

/** The most products of a piece: D1 runs nothing else while it writes one. */
export const PRODUCTS_AT_ONCE = 500

/** The most bytes of a piece: D1 takes two million a parameter. */
const BYTES_AT_ONCE = 1_500_000

/** The category of products whose file names none. */
const DEFAULT_CATEGORY = 'Uncategorised'

export interface Matched extends Match {
  row: number
  name: string
}

export interface Preview {
  matches: Matched[]
  /** What is wrong with the products in this shop. */
  errors: CellError[]
  new_categories: string[]
}

/** What the import would do now to the products from this index on, at most `count` of them. */
export async function previewImport(
  db: Db,
  products: readonly ImportedProduct[],
  from = 0,
  count = Infinity,
): Promise<Preview> {
  const wanted = products.slice(from, from + count)
  const names = namesOf(wanted)
  const pieces = toPieces(wanted.map((product, index) => toRow(product, from + index)))
  const keys = keysOf(products)
  const [missing, ...rows] = await db.batch([
    selectMissing(namesOf([...wanted, { category: DEFAULT_CATEGORY }])),
    ...pieces.map((piece) => selectMatches(toJson(piece), keys)),
  ])
  const matches = rows.flat().map((match) => toMatched(match as Match, products))
  const needsDefault = matches.some(({ n, product_id }) => product_id === null && !products[n]!.category)
  return {
    matches,
    errors: errorsIn(matches, products),
    new_categories: missing.map(({ name }) => name).filter((name) => needsDefault || names.includes(name)),
  }
}

/**
 * Creates and updates the products of the piece that begins with this index, all or nothing. Repeating a piece changes
 * nothing. Throws `temporarily_unavailable` if the shop has changed since `previewImport` in a way that the products
 * no longer fit. `next` is the index of the next piece.
 */
export async function importPiece(
  db: Db,
  products: readonly ImportedProduct[],
  from: number,
  { actor_id, now }: { actor_id: number; now: number },
): Promise<{ matches: Matched[]; next: number }> {
  const [piece] = toPieces(
    products.slice(from, from + PRODUCTS_AT_ONCE).map((product, index) => withWords(product, from + index)),
  )
  if (!piece?.items.length) return { matches: [], next: from }
  const next = from + piece.items.length
  const results = await db.batch([
    insertCategories(namesOf(products.slice(from, next))),
    insertRows(toJson(piece), keysOf(products)),
    refuseMisfits,
    insertDefaultCategory,
    insertMovements(actor_id, now),
    updateProducts(now),
    insertProducts(now),
    updateWords,
    insertWords,
    forgetMovedHandles,
    remember,
    selectRows,
    // The audit log gets an entry if the last statement of a batch changes rows: that one is left with products that
    // changed.
    sql<never>`DELETE FROM import_rows WHERE NOT is_new AND changes = '[]' AND stock_before = stock_after`,
    sql<never>`DELETE FROM import_rows`,
  ])
  const rows = results.at(-3) as Match[] // of selectRows
  return { matches: rows.map((match) => toMatched(match, products)), next }
}

function toMatched(match: Match, products: readonly ImportedProduct[]): Matched {
  const { row, name } = products[match.n]!
  return { ...match, row, name }
}

function keysOf(products: readonly ImportedProduct[]): Keys {
  const own_or_sku = products
    .filter(({ shop, sku_key }) => (shop ?? sku_key) !== undefined)
    .map(({ shop, id, sku_key }) => ({ shop, id, sku_key }))
  const by_handle = products
    .filter(({ handle }) => handle !== undefined)
    .map(({ handle, sku_key }) => ({ handle, sku_key }))
  return { own_or_sku: toPieces(own_or_sku).map(toJson), by_handle: toPieces(by_handle).map(toJson) }
}

function toRow(product: ImportedProduct, n: number) {
  return { ...product, n, category_key: product.category && nameKey(product.category) }
}

function withWords(product: ImportedProduct, n: number) {
  const { name, description, sku } = product
  return {
    ...toRow(product, n),
    sort_key: sortKeyOf(name),
    name_words: toIndexedWords(name, { isName: true }),
    description_words: description && toIndexedWords(description, { isName: false }),
    sku_words: sku && toSkuWords(sku),
  }
}

interface Piece {
  /** JSON. */
  items: string[]
  bytes: number
}

/** One or more pieces of at most so many products and bytes. */
function toPieces(products: readonly object[]): Piece[] {
  let last: Piece = { items: [], bytes: 0 }
  const pieces = [last]
  for (const product of products) {
    const item = JSON.stringify(product)
    const bytes = new TextEncoder().encode(item).length + 1
    if (last.items.length === PRODUCTS_AT_ONCE || last.bytes + bytes > BYTES_AT_ONCE) {
      last = { items: [], bytes: 0 }
      pieces.push(last)
    }
    last.items.push(item)
    last.bytes += bytes
  }
  return pieces
}

function toJson({ items }: Piece): string {
  return `[${items.join(',')}]`
}

/** Errors that only the shop knows of. */
function errorsIn(matches: readonly Matched[], products: readonly ImportedProduct[]): CellError[] {
  const sameProduct = Map.groupBy(matches, ({ product_id }) => product_id)
  return matches.flatMap(({ n, row, product_id, is_ambiguous, is_sku_taken }): CellError[] => {
    if (is_sku_taken) return [{ row, column: 'sku', error: fieldError('sku_taken') }]
    if (is_ambiguous) return [{ row, column: 'name', error: fieldError('ambiguous_name') }]
    if (product_id === null) {
      return products[n]!.price === undefined ? [{ row, column: 'price', error: fieldError('required') }] : []
    }
    const [first, ...others] = sameProduct.get(product_id)!
    if (others.length === 0) return []
    // Without handles, only their name can have led to one product.
    if ([first!, ...others].every((each) => products[each.n]!.handle === undefined)) {
      return [{ row, column: 'name', error: fieldError('ambiguous_name') }]
    }
    return row === first!.row
      ? []
      : [{ row, column: null, error: fieldError('repeated_in_file', { row: first!.row }) }]
  })
}

/** The names of their categories, each once: of two that compare as the same, the first. */
function namesOf(products: readonly Pick<ImportedProduct, 'category'>[]): string[] {
  const names = products.map(({ category: name }) => name).filter((name) => name !== undefined)
  return [...new Map(names.toReversed().map((name) => [nameKey(name), name] as const)).values()]
}

/** Those of these categories that do not exist yet. */
function selectMissing(names: readonly string[]): RawBuilder<{ name: string }> {
  return sql`
    SELECT value ->> 'name' AS name FROM json_each(${JSON.stringify(names.map(toCategory))})
    WHERE NOT EXISTS (SELECT 1 FROM categories WHERE name_key = value ->> 'name_key')`
}

/** Creates those of these categories that do not exist yet. */
function insertCategories(names: readonly string[]): Query {
  const made = names.map(toCategory)
  return sql`
    INSERT INTO categories (name, name_key, description, sort_key, words, words_version)
    SELECT value ->> 'name', value ->> 'name_key', '', value ->> 'sort_key', value ->> 'words', ${WORDS_VERSION}
    FROM json_each(${JSON.stringify(made)}) WHERE true
    ON CONFLICT (name_key) DO NOTHING`
}

function toCategory(name: string) {
  return {
    name,
    name_key: nameKey(name),
    sort_key: sortKeyOf(name),
    words: toIndexedWords(name, { isName: true }),
  }
}

const category = toCategory(DEFAULT_CATEGORY)

const insertDefaultCategory = sql`
  INSERT INTO categories (name, name_key, description, sort_key, words, words_version)
  SELECT ${category.name}, ${category.name_key}, '', ${category.sort_key}, ${category.words}, ${WORDS_VERSION}
  WHERE EXISTS (SELECT 1 FROM import_rows WHERE is_new AND product ->> 'category_key' IS NULL)
  ON CONFLICT (name_key) DO NOTHING`

/** New products get the next ids; an ambiguous row, or one with the SKU of another product, gets 0. */
function insertRows(piece: string, keys: Keys): Query {
  return sql`
    INSERT INTO import_rows (
      n, product_id, is_new, stock_before, stock_after, reason, is_below_sold, is_old, changes, product
    )
    SELECT n,
      iif(is_ambiguous OR is_sku_taken, 0, ifnull(
        product_id,
        (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'products')
          + sum(product_id IS NULL) OVER (ORDER BY n)
      )),
      product_id IS NULL, stock_before, stock_after, reason, is_below_sold, is_old, changes, product
    FROM (${selectMatches(piece, keys)})`
}

/**
 * Two rows that have become the same product, a new one without a price because the product is gone, one whose name
 * two products have now, or one whose SKU another product has now.
 */
const refuseMisfits = refuseWhen(
  sql`EXISTS (SELECT 1 FROM import_rows WHERE product_id = 0 OR is_new AND product ->> 'price' IS NULL)
    OR EXISTS (SELECT 1 FROM import_rows GROUP BY product_id HAVING count(*) > 1)`,
  'temporarily_unavailable',
  'The shop has changed while the file was read. Please send it again.',
)

function insertMovements(actor_id: number, now: number): Query {
  return sql`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, actor_id, at)
    SELECT product_id, stock_after - ifnull(stock_before, 0), stock_after, iif(is_new, 'initial', reason), ${actor_id},
      ${now}
    FROM import_rows WHERE is_new OR stock_before <> stock_after ORDER BY n`
}

const categoryId = sql<number>`
  (SELECT id FROM categories WHERE name_key = ifnull(product ->> 'category_key', ${category.name_key}))`

function updateProducts(now: number): Query {
  return sql`
    UPDATE products SET
      name = ifnull(product ->> 'name', name),
      name_key = ifnull(product ->> 'sort_key', name_key),
      description = ifnull(product ->> 'description', description),
      price_cents = ifnull(product ->> 'price', price_cents),
      category_id = iif(product ->> 'category_key' IS NULL, category_id, ${categoryId}),
      sku = ifnull(product ->> 'sku', sku),
      sku_key = ifnull(product ->> 'sku_key', sku_key),
      published = ifnull(product ->> 'published', published),
      low_stock = ifnull(product ->> 'low_stock', low_stock),
      tax_rate = ifnull(product ->> 'tax_rate', tax_rate),
      stock = stock_after,
      version = version + (changes <> '[]'),
      stock_version = stock_version + (stock_before <> stock_after),
      updated_at = ${now}
    FROM import_rows
    WHERE products.id = product_id AND NOT is_new AND (changes <> '[]' OR stock_before <> stock_after)`
}

function insertProducts(now: number): Query {
  return sql`
    INSERT INTO products (
      id, name, name_key, description, price_cents, stock, category_id, sku, sku_key, published, low_stock, tax_rate,
      words_version, created_at, updated_at
    )
    SELECT product_id, product ->> 'name', product ->> 'sort_key', ifnull(product ->> 'description', ''),
      product ->> 'price', stock_after, ${categoryId}, product ->> 'sku', product ->> 'sku_key',
      ifnull(product ->> 'published', 1), product ->> 'low_stock', product ->> 'tax_rate', ${WORDS_VERSION}, ${now}, ${now}
    FROM import_rows WHERE is_new ORDER BY n`
}

const updateWords: RawBuilder<never> = sql`
  UPDATE product_texts SET
    name = ifnull(product ->> 'name_words', name),
    description = ifnull(product ->> 'description_words', description),
    sku = ifnull(product ->> 'sku_words', sku)
  FROM import_rows
  WHERE product_texts.id = product_id AND NOT is_new
    AND EXISTS (SELECT 1 FROM json_each(changes) WHERE value IN ('name', 'description', 'sku'))`

const insertWords: RawBuilder<never> = sql`
  INSERT INTO product_texts (id, name, description, sku)
  SELECT product_id, product ->> 'name_words', ifnull(product ->> 'description_words', ''),
    ifnull(product ->> 'sku_words', '')
  FROM import_rows WHERE is_new`

/** The row is of our own export, and of this very product. */
const namesItself = sql`
  (product ->> 'shop' IS (SELECT id FROM shop_identity) AND product ->> 'id' IS product_id AND NOT is_new)`

/**
 * Such a handle, which contains the id, is not remembered. That of a deleted product is: it names the new one from now
 * on.
 */
const handle = sql`iif(${namesItself}, NULL, product ->> 'handle')`

/** A product that is found by its SKU may have the handle that another one had. */
const forgetMovedHandles: RawBuilder<never> = sql`
  UPDATE import_memory SET handle = NULL
  FROM (SELECT product_id AS id, ${handle} AS handle FROM import_rows) AS given
  WHERE import_memory.handle = given.handle AND product_id <> given.id`

const isOwn = sql`(${namesItself} AND product ->> 'exported_stock' + product ->> 'stock_version' IS NOT NULL)`

/**
 * What the next import of the same export compares its stock with, `base` in match-products.ts: the stock of this row or,
 * if it has none, what an earlier import of the export has left, or else the stock at the time of the export.
 */
const exportedStock = sql`ifnull(product ->> 'stock', ifnull((
  SELECT exported_stock FROM import_memory AS known
  WHERE known.product_id = import_rows.product_id AND known.stock_version = product ->> 'stock_version'
), product ->> 'exported_stock'))`

const remember: RawBuilder<never> = sql`
  INSERT INTO import_memory (product_id, handle, name_key, stock, exported_stock, stock_version)
  SELECT product_id, ${handle}, product ->> 'name_key',
    iif(${isOwn}, NULL, product ->> 'stock'),
    iif(${isOwn}, ${exportedStock}, NULL),
    iif(${isOwn}, product ->> 'stock_version', NULL)
  FROM import_rows WHERE true
  ON CONFLICT (product_id) DO UPDATE SET
    handle = ifnull(excluded.handle, handle),
    name_key = excluded.name_key,
    stock = ifnull(excluded.stock, stock),
    exported_stock = iif(excluded.stock_version >= ifnull(stock_version, 0), excluded.exported_stock, exported_stock),
    stock_version = max(ifnull(stock_version, excluded.stock_version), ifnull(excluded.stock_version, stock_version))`

const selectRows = sql<Match>`
  SELECT n, iif(is_new, NULL, product_id) AS product_id, stock_before, stock_after, reason, is_below_sold, is_old,
    0 AS is_ambiguous, 0 AS is_sku_taken, changes
  FROM import_rows ORDER BY n`
