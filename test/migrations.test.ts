import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { listProducts } from '../src/catalog/list-products.ts'
import type { ProductFilters } from '../src/catalog/product-runs.ts'
import { listCategories } from '../src/catalog/queries.ts'
import { reindex } from '../src/catalog/reindex.ts'
import { searchProducts } from '../src/catalog/search-products.ts'
import { Db } from '../src/db/client.ts'
import { INVARIANT_NAMES } from '../src/integrity/check-names.ts'
import { pieceSql } from '../src/integrity/checks.ts'
import { cancelOrder } from '../src/orders/move-order.ts'
import { toOrder } from '../src/orders/order.ts'
import { findOrder } from '../src/orders/queries.ts'
import { requestRefund } from '../src/payments/request-refund.ts'
import { foldCase, nameKey } from '../src/text.ts'

/** A database that no other test uses, migrated up to and including the migration of this number. */
async function migrateTo(number: string): Promise<void> {
  const upTo = env.TEST_MIGRATIONS.filter(({ name }) => name.slice(0, 4) <= number)
  await applyD1Migrations(env.REPLICA, upTo)
}

const run = (statement: string) => env.REPLICA.prepare(statement).run()
const all = async (statement: string) => (await env.REPLICA.prepare(statement).all()).results

describe('a shop with data', () => {
  it('keeps its rows and ids through 0007, which recreates tables', async () => {
    await migrateTo('0006')
    for (const statement of [
      `INSERT INTO users (id, email, email_key, name, phone, password_hash, is_staff, created_at)
       VALUES (3, 'Ann@example.com', 'ann@example.com', 'Ann', '1', 'hash', 0, 5),
              (8, 'bob@example.com', 'bob@example.com', 'Bob', '1', 'hash', 1, 6)`,
      `INSERT INTO logins (id, user_id, is_staff, user_agent, created_at, refreshed_at, ends_at)
       VALUES (4, 3, 0, 'Firefox', 7, 7, 9)`,
      `INSERT INTO categories (id, name, name_key, description) VALUES (1, 'Tea', 'tea', '')`,
      `INSERT INTO products (id, name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
       VALUES (2, 'Sencha', 'sencha', '', 100, 5, 1, 1, 1)`,
      `INSERT INTO cart_items (user_id, product_id, quantity) VALUES (3, 2, 1)`,
      `INSERT INTO orders (id, user_id, total_cents, ship_name, ship_phone, created_at, updated_at)
       VALUES (11, 3, 100, 'Ann', '1', 10, 10)`,
      `INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents)
       VALUES (11, 2, 'Sencha', 1, 100)`,
      `INSERT INTO order_events (id, order_id, user_id, to_status, actor_id, at) VALUES (20, 11, 3, 'Pending', 3, 10)`,
      `INSERT INTO staff_actions (id, actor_id, method, path, body, at)
       VALUES (30, 8, 'PATCH', '/api/admin/products/2', '${'x'.repeat(5000)}', 12)`,
    ])
      await run(statement)

    await migrateTo('0007')

    expect(await all('SELECT id, email, email_key, password_hash, is_staff, order_count FROM users')).toEqual(
      [
        {
          id: 3,
          email: 'Ann@example.com',
          email_key: 'ann@example.com',
          password_hash: 'hash',
          is_staff: 0,
          order_count: 1,
        },
        {
          id: 8,
          email: 'bob@example.com',
          email_key: 'bob@example.com',
          password_hash: 'hash',
          is_staff: 1,
          order_count: 0,
        },
      ],
    )
    expect(await all('SELECT id, user_id, user_agent FROM sessions')).toEqual([
      { id: 4, user_id: 3, user_agent: 'Firefox' },
    ])
    expect(await all('SELECT id, email FROM orders')).toEqual([{ id: 11, email: 'Ann@example.com' }])
    expect(await all('SELECT id, actor_id, to_status FROM order_events')).toEqual([
      { id: 20, actor_id: 3, to_status: 'Pending' },
    ])
    expect(await all('SELECT id, actor_id, path, length(body) AS length FROM audit_log')).toEqual([
      { id: 30, actor_id: 8, path: '/api/admin/products/2', length: 4096 },
    ])
    expect(await all('PRAGMA foreign_key_check')).toEqual([])
    expect(
      await all(
        `INSERT INTO users (email, name, phone, created_at) VALUES ('', 'Guest', '', 13) RETURNING id`,
      ),
    ).toEqual([{ id: 9 }])
    await expect(
      run(`INSERT INTO orders (user_id, total_cents, ship_name, ship_phone, created_at, updated_at)
      VALUES (99, 1, '', '', 1, 1)`),
    ).rejects.toThrow('FOREIGN KEY')
    for (const table of ['order_events', 'audit_log'])
      await expect(run(`DELETE FROM ${table}`)).rejects.toThrow('append-only')
  })

  it('finds older products as before 0011', async () => {
    await migrateTo('0010')
    const cafes = `INSERT INTO categories (id, name, name_key, description) VALUES (50, 'Cafés', 'cafés', '') RETURNING id`
    expect(await all(cafes)).toEqual([{ id: 50 }])
    await run(
      `INSERT INTO products (id, name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
       VALUES (60, 'Mugs 10', 'mugs 10', 'Schöne Form', 100, 5, 50, 1, 1), (61, 'Mugs 9', 'mugs 9', '', 100, 5, 50, 1, 1)`,
    )
    await migrateTo('0011')
    const db = new Db(env.REPLICA)
    const request = { size: 10, offset: 0, backward: false }
    const found = async (search: string, filters: ProductFilters = {}) =>
      (await searchProducts(db, search, filters, request)).rows.map(({ id }) => id)
    expect(await found('mugs 10 schone', { in_stock: true, category: ['cafés'] })).toEqual([60])
    expect(await found('mug9')).toEqual([])
    const { rows } = await listCategories(db, request)
    expect(rows.map(({ name }) => name)).toEqual(['Cafés', 'Tea'])
  })

  it('keeps its carts through 0012, with the next id above those of deleted lines', async () => {
    await migrateTo('0011')
    await run('DELETE FROM cart_items')
    await run(
      `INSERT INTO cart_items (id, user_id, product_id, quantity) VALUES (50, 3, 2, 4), (70, 8, 2, 1)`,
    )
    await run('DELETE FROM cart_items WHERE id = 70')

    await migrateTo('0012')

    expect(await all('SELECT * FROM cart_items WHERE id = 50')).toEqual([
      { id: 50, user_id: 3, product_id: 2, quantity: 4, seen_cents: 100, seen_stock: null },
    ])
    expect(
      await all('INSERT INTO cart_items (user_id, product_id, quantity) VALUES (8, 2, 1) RETURNING id'),
    ).toEqual([{ id: 71 }])
    await run(`DELETE FROM products WHERE id = 2`) // as the code before the migration does
    expect(await all('SELECT id, name FROM deleted_products')).toEqual([{ id: 2, name: 'Sencha' }])
    expect(await all('SELECT id FROM cart_items WHERE product_id = 2')).toEqual([{ id: 50 }, { id: 71 }])
  })

  it('compares the names of its categories by the new rule after 0014', async () => {
    await migrateTo('0013')
    const names = [
      'Oolong  und\u2028\u2028 Mate',
      'Cof\u00adfee\u200b',
      'Tea Time',
      'Tea  Time',
      'Tea\u00a0 \u00a0Time',
      'Grüner Tee',
      'Plain',
    ]
    for (const name of names)
      await env.REPLICA.prepare(`INSERT INTO categories (name, name_key, description) VALUES (?, ?, '')`)
        .bind(name, foldCase(name))
        .run()

    await migrateTo('0014')

    const rows = await all(
      `SELECT name, name_key FROM categories WHERE name NOT IN ('Tea', 'Cafés') ORDER BY id`,
    )
    expect(rows.map(({ name_key }) => name_key)).toEqual([
      'oolong und mate',
      'coffee',
      'tea time',
      'tea  time', // taken, and left to staff
      'tea   time',
      'grüner tee',
      'plain',
    ])
    const unique = rows.filter(({ name_key }) => !/ {2}/.test(name_key as string))
    expect(unique.map(({ name_key }) => name_key)).toEqual(unique.map(({ name }) => nameKey(name as string)))
  })

  it('has every product on sale after 0015, found by the new rules after the scheduled job', async () => {
    await run(`UPDATE products SET stock = 0 WHERE id = 60`)
    await migrateTo('0015')
    const db = new Db(env.REPLICA)
    const request = { size: 10, offset: 0, backward: false }
    const on_sale = { published: true }
    const { rows, count } = await listProducts(db, { ...on_sale, ordering: 'name' }, request)
    expect([rows.map(({ id }) => id), count.count]).toEqual([[60, 61], 2])
    expect(rows).toMatchObject([
      { sku: null, low_stock: null, published: 1, in_stock: 0 },
      { sku: null, low_stock: null, published: 1, in_stock: 1 },
    ])

    expect(await reindex(db, 60_000)).toBe(2)

    const found = async (search: string) =>
      (await searchProducts(db, search, on_sale, request)).rows.map(({ id }) => id)
    expect([await found('mugs9'), await found('schoene cafe')]).toEqual([[61], [60]])
    const sorted = await listProducts(db, { ...on_sale, ordering: 'name' }, request)
    expect(sorted.rows.map(({ id }) => id)).toEqual([61, 60])
    await run(`INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
      VALUES ('Spoon', 'spoon', '', 100, 1, 50, 1, 1)`) // as the code before the migration does
    await run(`UPDATE products SET published = 0 WHERE id = 61`)
    expect(await all('SELECT product_count, draft_count FROM categories WHERE id = 50')).toEqual([
      { product_count: 2, draft_count: 1 },
    ])
  })

  it('reads, cancels, refunds and checks its orders as before after 0016, and counts lost disputes after 0028', async () => {
    await migrateTo('0015')
    for (const statement of [
      `INSERT INTO categories (id, name, name_key, description) VALUES (90, 'Old', 'old', '')`,
      `INSERT INTO products (id, name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
       VALUES (900, 'Kettle', 'kettle', '', 1234, 5, 90, 1, 1)`,
      `INSERT INTO orders (id, user_id, email, total_cents, units, due_by, paid_at, ship_name, ship_phone, ship_address, created_at, updated_at)
       VALUES (999, 3, 'Ann@example.com', 1234, 1, 99, 12, 'Ann', '1', NULL, 10, 10),
              (1001, 3, 'Ann@example.com', 2468, 2, NULL, NULL, 'Ann', '1', 'High Street', 10, 10),
              (1002, 3, 'Ann@example.com', 1234, 1, 99, 12, 'Ann', '1', NULL, 10, 10)`,
      `INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents)
       VALUES (1001, 900, 'Kettle', 2, 1234), (1002, 900, 'Kettle', 1, 1234)`,
      `INSERT INTO order_events (order_id, user_id, to_status, actor_id, at)
       VALUES (1001, 3, 'Pending', 3, 10), (1002, 3, 'Pending', 3, 10)`,
      `INSERT INTO payments (id, order_id, amount_cents, currency, key, parameters, expires_at, check_at, created_at, changed_at)
       VALUES (69, 999, 1234, 'EUR', 'lost', '{}', 99, 99, 11, 11), (70, 1002, 1234, 'EUR', 'key', '{}', 99, 99, 11, 11)`,
      `UPDATE payments SET state = 'paid', received_cents = 1234, received_currency = 'EUR', accepted = 1 WHERE id = 70`,
      `UPDATE payments SET dispute = 'warning_closed' WHERE id = 69`,
      `INSERT INTO payment_events (order_id, payment_id, kind, amount_cents, currency, stripe_id, note, at)
       VALUES (999, 69, 'dispute', 1234, 'EUR', 'du_1', 'needs_response', 13),
              (999, 69, 'dispute', 1234, 'EUR', 'du_1', 'lost', 14),
              (999, 69, 'dispute', 1234, 'EUR', 'du_2', 'warning_closed', 15)`,
    ])
      await run(statement)

    await migrateTo('9999') // the code is of the newest schema

    const db = new Db(env.REPLICA)
    expect(toOrder((await findOrder(db, 1001))!)).toMatchObject({
      items: [{ price: '12.34', quantity: 2, tax_rate: null, tax: null }],
      delivery: null,
      taxes: [],
      total_price: '24.68',
      ship_to: { name: 'Ann', address: 'High Street', country: null, line1: null },
    })
    expect((await cancelOrder(db, { id: 1001, user_id: 3, now: 20 })).status).toBe('Cancelled')
    expect(await all('SELECT stock FROM products WHERE id = 900')).toEqual([{ stock: 7 }])
    expect(
      await all(
        'SELECT lost_cents, dispute FROM orders JOIN payments ON order_id = orders.id WHERE order_id = 999',
      ),
    ).toEqual([{ lost_cents: 1234, dispute: 'lost' }])
    const refund = { order_id: 1002, restock: [], actor_id: 8, now: 21 }
    expect((await requestRefund(db, refund)).refund.amount_cents).toBe(1234)
    for (const check of INVARIANT_NAMES.filter((name) => /^(order|refunding|paid_order)/.test(name))) {
      const [piece] = await all(pieceSql(check, 1000, { now: 30 }))
      expect([check, piece!['checked'], piece!['violations']]).toEqual([check, 2, 0])
    }
  })

  it('gives its products no pictures in 0017, and the code before it deletes one that has some', async () => {
    await migrateTo('0016')
    await run(
      `INSERT INTO products (id, name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
       VALUES (90, 'Assam', 'assam', '', 100, 5, 1, 1, 1)`,
    )
    await migrateTo('0017')
    expect(await all('SELECT pictures FROM products WHERE id = 90')).toEqual([{ pictures: '[]' }])
    await run(`INSERT INTO picture_files (sha256, unused_since) VALUES ('a', 1)`)
    await run(
      `INSERT INTO product_pictures (product_id, position, sha256, extension, width, height, widths, alt)
       VALUES (90, 1, 'a', 'webp', 320, 200, '[320]', '')`,
    )
    expect(await all('SELECT unused_since FROM picture_files')).toEqual([{ unused_since: null }])
    await run(`DELETE FROM products WHERE id = 90`)
    expect(await all('SELECT id FROM product_pictures')).toEqual([])
    expect(await all('SELECT unused_since > 1 AS unused FROM picture_files')).toEqual([{ unused: 1 }])
  })

  it('drops the invisible characters that the code drops', async () => {
    const invisible = Array.from({ length: 0x11_0000 }, (_, code) => code)
      .filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCodePoint(code))
      .filter((character) => /\p{Default_Ignorable_Code_Point}/u.test(character))
    const migration = env.TEST_MIGRATIONS.find(({ name }) => name.startsWith('0014'))!
    await env.REPLICA.prepare(`INSERT INTO categories (name, name_key, description) VALUES ('x', ?, '')`)
      .bind(`invisible${invisible.join('')}`)
      .run()
    for (const query of migration.queries) await run(query)
    expect(await all(`SELECT name_key FROM categories WHERE name = 'x'`)).toEqual([{ name_key: 'invisible' }])
  })
})
