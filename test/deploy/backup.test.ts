import { beforeAll, describe, expect, it } from 'vitest'
import { SECRET, useRehearsal } from './rehearsal.ts'

/** One that D1's export would write wrongly. */
const TEXT = 'a line\nand a \\n'
const FILE = 'backup.sql'

describe('a backup of the shop on Cloudflare', () => {
  const rehearsal = useRehearsal()
  const rows = (shop: string, sql: string) => rehearsal.cloudflare.d1.rows(shop, sql)

  beforeAll(async () => {
    const { d1 } = rehearsal.cloudflare
    rehearsal.cloudflare.workers.createDraft('kiosk', SECRET)
    await rehearsal.npm('deploy')
    await rehearsal.npm('create-admin', ['--remote', '--email', 'you@example.com'])
    rows('kiosk', "INSERT INTO categories (name, name_key, description) VALUES ('Tea', 'tea', '')")
    rows(
      'kiosk',
      `INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
       VALUES ('Sencha', 'sencha', '${TEXT}', 940, 0, 1, 1, 1), ('Gone', 'gone', '', 1, 0, 1, 1, 1)`,
    )
    rows('kiosk', 'DELETE FROM products WHERE id = 2')
    rows('kiosk', "INSERT INTO product_texts (id, name, description) VALUES (1, 'sencha', 'steamed')")
    rows('kiosk', 'UPDATE products SET words_version = 1')
    // A page that is open, and a payment whose refund is under way.
    rows(
      'kiosk',
      `INSERT INTO payments (
         order_id, amount_cents, currency, state, key, parameters, session_id, url, expires_at, check_at, created_at,
         changed_at)
       VALUES (8, 5, 'EUR', 'open', 'a', '', 'cs_1', 'https://pay', 1, 1, 1, 1),
         (9, 5, 'EUR', 'open', 'b', '', 'cs_2', NULL, 1, 1, 1, 1)`,
    )
    rows(
      'kiosk',
      `UPDATE payments SET state = 'paid', payment_intent = 'pi_2', received_cents = 5, received_currency = 'EUR'
       WHERE id = 2`,
    )
    rows(
      'kiosk',
      `INSERT INTO refunds (payment_id, order_id, amount_cents, currency, check_at, created_at, changed_at)
       VALUES (2, 9, 5, 'EUR', 1, 1, 1)`,
    )
    rows('kiosk', `INSERT INTO order_events (order_id, user_id, to_status, at) VALUES (8, 1, 'Pending', 1)`)
    rows(
      'kiosk',
      `INSERT INTO mails (event_id, order_id, type, next_at, created_at) SELECT id, 8, 'placed', 1, 1 FROM order_events`,
    )
    rows('kiosk', `INSERT INTO event_readers (name, position) VALUES ('mail', 0)`)
    rows(
      'kiosk',
      `INSERT INTO webhooks (url, types, secret, created_at) VALUES ('https://books.example.com', '[]', 'whsec_a', 1)`,
    )
    d1.create('kiosk-staging')
  })

  it('is not written while a text that D1 exports wrongly keeps changing', async () => {
    const { d1 } = rehearsal.cloudflare
    d1.afterExport = () => rows('kiosk', `UPDATE products SET description = description || '!'`)
    const { status, output } = await rehearsal.npm('backup', ['--remote', '--file', FILE])
    expect([status, output]).toEqual([1, expect.stringContaining('during each of 3 exports')])
  })

  it('is not written while rows of the export are missing', async () => {
    const { d1 } = rehearsal.cloudflare
    d1.afterExport = () => {}
    d1.arrives = (text) => text.replace(/^INSERT INTO "products".*\n/m, '')
    const { status, output } = await rehearsal.npm('backup', ['--remote', '--file', FILE])
    d1.arrives = (text) => text
    const said = 'Rows of products are missing in each of 3 exports'
    expect([status, output]).toEqual([1, expect.stringContaining(said)])
    expect((await rehearsal.shell('ls')).output).not.toContain(FILE)
  })

  it('is not written if a migration is applied meanwhile', async () => {
    const { d1 } = rehearsal.cloudflare
    d1.afterExport = () => rows('kiosk', "INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')")
    const { status, output } = await rehearsal.npm('backup', ['--remote', '--file', FILE])
    d1.afterExport = () => {}
    rows('kiosk', "DELETE FROM d1_migrations WHERE name = '9999_later.sql'")
    expect([status, output]).toEqual([
      1,
      expect.stringContaining('A migration was applied during the export'),
    ])
  })

  it('exports nothing if its file cannot be written', async () => {
    const { calls } = rehearsal.cloudflare
    const before = calls.length
    const file = 'package.json/backup.sql'
    const { status, output } = await rehearsal.npm('backup', ['--remote', '--file', file])
    expect([status, output]).toEqual([
      1,
      expect.stringMatching(/^package.json\/backup.sql.part cannot be written: .*\n$/),
    ])
    expect(calls.slice(before)).toEqual([])
  })

  it('is written to a file, exported again when such a text changed', async () => {
    const { d1 } = rehearsal.cloudflare
    const edits = [
      `description = 'an ordinary line', price_cents = 950`,
      `description = '${TEXT}', price_cents = 960`,
    ]
    d1.afterExport = () => {
      const edit = edits.shift()
      if (edit !== undefined) rows('kiosk', `UPDATE products SET ${edit}`)
    }
    const { status, output } = await rehearsal.npm('backup', ['--remote', '--file', FILE])
    expect([status, edits, output]).toEqual([0, [], expect.stringContaining('products: 1')])
  })

  it('is not restored over rows', async () => {
    const { status, output } = await rehearsal.npm('restore', ['--remote', '--file', FILE])
    expect([status, output]).toEqual([1, expect.stringContaining('The shop has rows already')])
  })

  it('is not restored from a file that is cut off in its last line, nor from a folder', async () => {
    await rehearsal.shell(`head -c -10 ${FILE} > cut.sql`)
    const restore = (file: string) => rehearsal.npm('restore', ['--remote', '--replace', '--file', file])
    expect(await restore('cut.sql')).toEqual({
      status: 1,
      output: 'cut.sql is not a complete backup: its last line is missing or cut off.\n',
    })
    expect(await restore('src')).toEqual({
      status: 1,
      output: expect.stringMatching(/^src cannot be read: .*\n$/),
    })
  })

  it('is not restored if a row is missing in the file', async () => {
    await rehearsal.shell(`grep -v '^INSERT INTO "webhooks"' ${FILE} > damaged.sql`)
    const args = ['--remote', '--replace', '--file', 'damaged.sql']
    const { status, output } = await rehearsal.npm('restore', args)
    expect([status, output]).toEqual([1, expect.stringContaining('it has 0 rows of webhooks instead of 1')])
    expect(rows('kiosk', 'SELECT id FROM webhooks')).toEqual([{ id: 1 }])
  })

  it('is restored wholly or not at all', async () => {
    const args = ['--remote', '--env', 'staging', '--file', FILE]
    rehearsal.cloudflare.failOnce({ call: 'POST /import' })
    const { status, output } = await rehearsal.npm('restore', args)
    expect([status, output]).toEqual([1, expect.stringContaining('The rows were not restored')])
    expect(rows('kiosk-staging', 'SELECT id FROM users')).toEqual([])
  })

  it('is restored into another shop, whose ids go on', async () => {
    const args = ['--remote', '--env', 'staging', '--file', FILE]
    const { status, output } = await rehearsal.npm('restore', args)
    expect([status, output]).toEqual([
      0,
      expect.stringContaining('npm run integrity -- --remote --env staging'),
    ])
    for (const table of ['users', 'categories', 'products', 'product_texts', 'counters']) {
      const all = `SELECT * FROM ${table}`
      expect(rows('kiosk-staging', all)).toEqual(rows('kiosk', all))
    }
    const search =
      "SELECT rowid FROM product_words WHERE product_words MATCH 'words: sencha AND words: steamed'"
    expect(rows('kiosk-staging', search)).toEqual([{ rowid: 1 }])
    const sequence = "SELECT seq FROM sqlite_sequence WHERE name = 'products'"
    expect(rows('kiosk-staging', sequence)).toEqual([{ seq: 10_002 }])
    const check = await rehearsal.npm('integrity', ['--remote', '--env', 'staging'])
    expect([check.status, check.output]).toEqual([0, expect.stringContaining('1 checked, ok')])
  })

  it('leaves payments at Stripe to the shop that was backed up', () => {
    const identity = (shop: string) => rows(shop, 'SELECT id FROM shop_identity')
    expect(identity('kiosk-staging')).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{16}$/) }])
    expect(identity('kiosk-staging')).not.toEqual(identity('kiosk'))
    expect(rows('kiosk-staging', 'SELECT state, url, session_id FROM payments')).toEqual([
      { state: 'expired', url: null, session_id: 'cs_1' },
      { state: 'paid', url: null, session_id: 'cs_2' },
    ])
    const asked = `SELECT count(*) AS n FROM refunds WHERE check_at < 9e15`
    expect([rows('kiosk', asked), rows('kiosk-staging', asked)]).toEqual([[{ n: 1 }], [{ n: 0 }]])
  })

  it('stops the webhooks of a copy, and sends no mail about the orders of the other shop', () => {
    expect(rows('kiosk-staging', 'SELECT url, active FROM webhooks')).toEqual([
      { url: 'https://books.example.com', active: 0 },
    ])
    expect(rows('kiosk-staging', 'SELECT state FROM mails')).toEqual([{ state: 'parked' }])
    const unread = `SELECT id FROM order_events WHERE id > (SELECT position FROM event_readers WHERE name = 'mail')`
    expect([rows('kiosk', unread), rows('kiosk-staging', unread)]).toEqual([[{ id: 1 }], []])
  })

  it('keeps the identity at Stripe where the same shop is restored', async () => {
    const identity = () => rows('kiosk', 'SELECT id FROM shop_identity')
    const before = identity()
    rows('kiosk', `UPDATE shop_identity SET id = 'another'`)
    const { status, output } = await rehearsal.npm('restore', ['--remote', '--replace', '--file', FILE])
    expect([status, output]).toEqual([0, expect.not.stringContaining('copy of the shop')])
    expect(identity()).toEqual(before)
    expect(rows('kiosk', 'SELECT state FROM payments')).toEqual([{ state: 'open' }, { state: 'paid' }])
  })

  it('is restored as a copy where the Worker has another name, or with --copy', async () => {
    const identity = (shop: string) => rows(shop, 'SELECT id FROM shop_identity')
    const original = identity('kiosk')
    rehearsal.cloudflare.d1.create('corner')
    rehearsal.change('wrangler.toml', (text) => text.replaceAll(' = "kiosk"', ' = "corner"'))
    const corner = await rehearsal.npm('restore', ['--remote', '--file', FILE])
    rehearsal.change('wrangler.toml', (text) => text.replaceAll(' = "corner"', ' = "kiosk"'))
    expect([corner.status, corner.output]).toEqual([0, expect.stringContaining('copy of the shop')])
    expect(identity('corner')).not.toEqual(original)
    const copy = await rehearsal.npm('restore', ['--remote', '--replace', '--copy', '--file', FILE])
    expect([copy.status, copy.output]).toEqual([0, expect.stringContaining('copy of the shop')])
    expect(identity('kiosk')).not.toEqual(original)
  })

  it('is not restored into a database that a newer version has migrated', async () => {
    rows('kiosk', "INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')")
    const { status, output } = await rehearsal.npm('restore', ['--remote', '--replace', '--file', FILE])
    expect([status, output]).toEqual([1, expect.stringContaining('9999_later.sql')])
    expect(rows('kiosk', 'SELECT name FROM products')).toEqual([{ name: 'Sencha' }])
  })

  it('is restored into a new database under another name', async () => {
    const rename = (text: string) => text.replace('database_name = "kiosk"', 'database_name = "kiosk-2"')
    rehearsal.change('wrangler.toml', rename)
    await rehearsal.shell('npx wrangler d1 create kiosk-2 --env=""')
    const { status } = await rehearsal.npm('restore', ['--remote', '--file', FILE])
    expect([status, rows('kiosk-2', 'SELECT name FROM products')]).toEqual([0, [{ name: 'Sencha' }]])
  })

  it('which the next deploy uses', async () => {
    const { workers } = rehearsal.cloudflare
    const database = () => workers.servingMetadata('kiosk').bindings.find(({ type }) => type === 'd1')!['id']
    const old = database()
    expect((await rehearsal.npm('deploy')).status).toBe(0)
    expect(database()).not.toBe(old)
  })
})
