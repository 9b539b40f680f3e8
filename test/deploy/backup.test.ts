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
    d1.create('kiosk-staging')
  })

  it('is written to a file', async () => {
    const { status, output } = await rehearsal.npm('backup', ['--remote', '--file', FILE])
    expect([status, output]).toEqual([0, expect.stringContaining('products: 1')])
  })

  it('is not restored over rows', async () => {
    const { status, output } = await rehearsal.npm('restore', ['--remote', '--file', FILE])
    expect([status, output]).toEqual([1, expect.stringContaining('The shop has rows already')])
  })

  it('is restored wholly or not at all', async () => {
    const args = ['--remote', '--env', 'staging', '--file', FILE]
    rehearsal.cloudflare.failOnce({ call: 'POST /import' })
    const { status, output } = await rehearsal.npm('restore', args)
    expect([status, output]).toEqual([1, expect.stringContaining('Nothing was restored')])
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
})
