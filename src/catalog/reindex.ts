import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db, Query } from '../db/client.ts'
import { toIndexedWords, toSkuWords, WORDS_VERSION } from './search-words.ts'
import { sortKeyOf } from './sort-key.ts'

/** The most products that one statement writes. */
const PRODUCTS_AT_ONCE = 200

/** The most characters of their words: D1 takes two million bytes a parameter. */
const CHARACTERS_AT_ONCE = 400_000

/** Per run. A round calls D1 twice, of a thousand calls in a run (index.ts). */
const ROUNDS = 60

/**
 * Makes the search words and sort keys of products and categories whose words have an older version, and indexes
 * the products of renamed categories, until nothing is left or the time is used up. Returns the number of products
 * with new words. Runs may overlap: each write checks that it is still due.
 */
export async function reindex(db: Db, budget_milliseconds: number): Promise<number> {
  const started = Date.now()
  const deadline = started + budget_milliseconds
  let indexed = 0
  for (let round = 0; round < ROUNDS && Date.now() < deadline; round += 1) {
    const [products, categories, [renamed]] = await db.batch([
      selectOutdated('products'),
      selectOutdated('categories'),
      build.selectFrom('categories').where('reindexed_up_to', 'is not', null).select('id').limit(1),
    ])
    if (categories.length > 0) await db.batch([writeCategories(categories)])
    else if (products.length > 0) indexed += await writeWords(db, products)
    else if (renamed) await db.batch(reindexCategory(renamed.id))
    else break
  }
  if (indexed > 0)
    console.info(JSON.stringify({ job: 'reindex', products: indexed, milliseconds: Date.now() - started }))
  return indexed
}

interface Outdated {
  id: number
  version: number
  name: string
  description: string
  sku: string | null
}

function selectOutdated(table: 'products' | 'categories') {
  return sql<Outdated>`
    SELECT id, version, name, description${table === 'products' ? sql`, sku` : sql``}
    FROM ${sql.table(table)} WHERE words_version < ${WORDS_VERSION}
    LIMIT ${sql.lit(PRODUCTS_AT_ONCE)}`
}

/** Writes the words of as many products as fit one statement, except those edited meanwhile, which stay due. */
async function writeWords(db: Db, products: readonly Outdated[]): Promise<number> {
  let characters = 0
  const made = []
  for (const { id, version, name, description, sku } of products) {
    const words = {
      id,
      version,
      key: sortKeyOf(name),
      name: toIndexedWords(name, { isName: true }),
      description: toIndexedWords(description, { isName: false }),
      sku: toSkuWords(sku),
    }
    characters += words.name.length + words.description.length
    if (made.length > 0 && characters > CHARACTERS_AT_ONCE) break
    made.push(words)
  }
  const due = sql`
    json_each(${JSON.stringify(made)}) AS words
    JOIN products ON products.id = words.value ->> 'id' AND version = words.value ->> 'version'
      AND words_version < ${WORDS_VERSION}`
  const [, done] = await db.batch([
    sql`
      INSERT INTO product_texts (id, name, description, sku)
      SELECT products.id, words.value ->> 'name', words.value ->> 'description', words.value ->> 'sku'
      FROM ${due} WHERE true
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, sku = excluded.sku`,
    sql`
      UPDATE products SET name_key = due.key, words_version = ${WORDS_VERSION}
      FROM (SELECT products.id, words.value ->> 'key' AS key FROM ${due}) AS due
      WHERE products.id = due.id RETURNING products.id`,
  ])
  return done.length
}

function writeCategories(categories: readonly Outdated[]): Query {
  const made = categories.map(({ id, version, name }) => ({
    id,
    version,
    key: sortKeyOf(name),
    words: toIndexedWords(name, { isName: true }),
  }))
  return sql`
    UPDATE categories
    SET sort_key = made.value ->> 'key', words = made.value ->> 'words', words_version = ${WORDS_VERSION},
      reindexed_up_to = 0
    FROM json_each(${JSON.stringify(made)}) AS made
    WHERE categories.id = made.value ->> 'id' AND version = made.value ->> 'version'
      AND words_version < ${WORDS_VERSION}`
}

/** Indexes the next products of a renamed category. Writes nothing for any other category. */
export function reindexCategory(id: number) {
  const ofState = (in_stock: number) => sql`
    SELECT products.id FROM products, renamed
    WHERE category_id = ${id} AND in_stock = ${sql.lit(in_stock)} AND products.id > renamed.reindexed_up_to`
  const next = sql`
    WITH renamed AS MATERIALIZED (SELECT reindexed_up_to FROM categories WHERE id = ${id} AND reindexed_up_to IS NOT NULL)
    SELECT id FROM (${sql.join([0, 1, 2, 3].map(ofState), sql` UNION ALL `)}) ORDER BY id LIMIT ${sql.lit(PRODUCTS_AT_ONCE)}`
  return [
    sql<never>`
      UPDATE product_words
      SET (words, name_words, facets) = (
        SELECT words, name_words, facets FROM product_tokens WHERE product_tokens.id = product_words.rowid
      )
      WHERE rowid IN (${next})`,
    sql<never>`
      UPDATE categories
      SET reindexed_up_to = (SELECT iif(count(*) = ${sql.lit(PRODUCTS_AT_ONCE)}, max(id), NULL) FROM (${next}))
      WHERE id = ${id} AND reindexed_up_to IS NOT NULL`,
  ] as const
}
