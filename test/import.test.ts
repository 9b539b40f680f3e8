import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { Db } from '../src/db/client.ts'
import { importPiece } from '../src/spreadsheets/import-products.ts'
import { nameKey } from '../src/text.ts'
import { get } from './http.ts'
import { integrityViolations } from './integrity.ts'
import {
  aCustomer,
  anOrder,
  aProduct,
  movementsOf,
  simultaneously,
  someStaff,
  staffEdits,
  stockOf,
  theOwner,
  unique,
} from './shop.ts'
import { exportsProducts, imports, previews, productNamed, sends } from './sheets.ts'

async function rowsOf(table: string): Promise<unknown[]> {
  return (await env.DB.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()).results
}

/** Everything that an import may change. */
async function everything() {
  const tables = [
    'products',
    'product_texts',
    'categories',
    'stock_movements',
    'import_memory',
    'import_rows',
  ]
  return Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await rowsOf(table)])))
}

describe('an import', () => {
  it('creates products with their stock, words and categories', async () => {
    const name = `Enamel ${unique()}`
    const [answer] = await imports(
      `name,sku,price,stock,category,description,published,low_stock\n${name},${name} 1,"12,50",7,Crockery ${name},"Blue, round",true,2\n`,
    )
    expect(answer!.body).toMatchObject({
      dry_run: false,
      format: 'kiosk',
      rows: 1,
      products: 1,
      done: 1,
      next: null,
      created: 1,
      updated: 0,
      unchanged: 0,
      new_categories: [`Crockery ${name}`],
    })
    const product = await productNamed(name)
    expect(product).toMatchObject({
      sku: `${name} 1`,
      price: '12.50',
      stock: 7,
      description: 'Blue, round',
      published: true,
      low_stock: 2,
    })
    expect(await movementsOf(product)).toMatchObject([{ delta: 7, stock_after: 7, reason: 'initial' }])
    const found = await get(`/api/products/?search=${encodeURIComponent(name)}`)
    expect(found.body.results.map(({ id }: { id: number }) => id)).toEqual([product.id])
    expect(await integrityViolations()).toEqual({})
  })

  it('changes nothing in a dry run, and says what it would change', async () => {
    const product = await aProduct({ name: `Kettle ${unique()}`, sku: `K-${unique()}`, stock: 3 })
    const before = await everything()
    const csv = `sku,name,price,stock\n${product.sku},${product.name},11.00,5\n,New ${product.name},1.00,\n`
    const { status, body } = await previews(csv)
    expect(status).toBe(200)
    expect(body).toMatchObject({ dry_run: true, done: 0, next: null, created: 1, updated: 1, unchanged: 0 })
    expect(body.changes).toEqual([
      {
        row: 2,
        name: product.name,
        product_id: product.id,
        fields: ['price', 'stock'],
        stock_before: 3,
        stock_after: 5,
      },
      {
        row: 3,
        name: `New ${product.name}`,
        product_id: null,
        fields: [],
        stock_before: null,
        stock_after: 0,
      },
    ])
    expect(await everything()).toEqual(before)
  })

  it('leaves alone what the file has no cell for', async () => {
    const product = await aProduct({
      name: `Jug ${unique()}`,
      sku: `J-${unique()}`,
      description: 'Old',
      low_stock: 4,
    })
    await imports(`sku,name,price,description,low_stock\n${product.sku},${product.name},99,,\n`)
    expect(await productNamed(product.name)).toMatchObject({
      price: '99.00',
      description: 'Old',
      low_stock: 4,
      stock: 10,
      category: product.category,
      published: true,
    })
  })

  it('sets the tax rate, and keeps it where the cell is empty', async () => {
    const sku = unique()
    await imports(`name,price,sku,tax_rate\nTaxed ${sku},1.00,${sku},"7,00"\n`)
    expect(await productNamed(`Taxed ${sku}`)).toMatchObject({ tax_rate: '7.00' })
    const [answer] = await imports(`name,price,sku,tax_rate\nTaxed ${sku},1.00,${sku},19.00\n`)
    expect(answer!.body.changes).toMatchObject([{ fields: ['tax_rate'] }])
    await imports(`name,price,sku,tax_rate\nTaxed ${sku},2.00,${sku},\n`)
    expect(await productNamed(`Taxed ${sku}`)).toMatchObject({ price: '2.00', tax_rate: '19.00' })
  })

  it('finds a product by SKU in any case, and gives it a new name that a search finds', async () => {
    const product = await aProduct({ sku: `ab-${unique()}` })
    const name = `Zither ${unique()}`
    await imports(`sku,name,price\n${product.sku.toUpperCase()},${name},10.00\n`)
    expect(await productNamed(name)).toMatchObject({ id: product.id, sku: product.sku.toUpperCase() })
    const found = await get(`/api/products/?search=${encodeURIComponent(name)}`)
    expect(found.body.results).toHaveLength(1)
  })

  it('finds a product by the handle of an earlier import, whatever it is called now', async () => {
    const handle = unique()
    await imports(`handle,name,price,stock\n${handle},First ${handle},1.00,1\n`)
    const product = await productNamed(`First ${handle}`)
    const [answer] = await imports(`handle,name,price,stock\n${handle},Second ${handle},1.00,1\n`)
    expect(answer!.body).toMatchObject({ created: 0, updated: 1 })
    expect(await productNamed(`Second ${handle}`)).toMatchObject({ id: product.id })
  })

  it('finds a product by the name of an earlier import, and not one that staff made', async () => {
    const name = `Samovar ${unique()}`
    const byHand = await aProduct({ name })
    const [first] = await imports(`name,price\n${name},5.00\n`)
    expect(first!.body).toMatchObject({ created: 1 })
    const [second] = await imports(`name,price,sku\n${name},6.00,S-${name}\n`)
    expect(second!.body).toMatchObject({ created: 0, updated: 1 })
    const { results } = await env.DB.prepare(
      'SELECT id, price_cents FROM products WHERE name = ? ORDER BY id',
    )
      .bind(name)
      .all()
    expect(results).toMatchObject([{ id: byHand.id, price_cents: 1000 }, { price_cents: 600 }])
  })

  it('does not guess between two products of one name', async () => {
    const name = `Twin ${unique()}`
    await imports(`name,price,sku\n${name},1.00,A-${name}\n${name},2.00,B-${name}\n`)
    const [answer] = await imports(`name,price\n${name},3.00\n`)
    expect(answer).toBeProblem(400, 'invalid_import', {
      cell_error_count: 1,
      cell_errors: [{ row: 2, column: 'name', code: 'ambiguous_name', message: expect.any(String) }],
    })
  })

  it('does not guess either if the second product came after the file was checked', async () => {
    const name = `Twin ${unique()}`
    await imports(`name,price,sku\n${name},1.00,A-${name}\n${name},2.00,B-${name}\n`)
    const before = await everything()
    const piece = importPiece(new Db(env.DB), [{ row: 2, name, name_key: nameKey(name), price: 300 }], 0, {
      actor_id: 1,
      now: 1,
    })
    await expect(piece).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    expect(await everything()).toEqual(before)
  })

  it('tells a new product with a SKU from one of the same name that a row names by its handle', async () => {
    const name = `Shirt ${unique()}`
    const file = (skus: string[]) =>
      [
        'name,price,sku,handle',
        `${name},10.00,,h-${name}`,
        ...skus.map((sku) => `${name},25.00,${sku},`),
      ].join('\n')
    await imports(file([]))
    const [answer] = await imports(file([`Y-${name}`]))
    expect(answer!.body).toMatchObject({ created: 1, unchanged: 1 })
    const [again] = await imports(file([`Y-${name}`]))
    expect(again!.body).toMatchObject({ created: 0, unchanged: 2 })
  })

  it('tells a product whose handle has moved to a new one by its SKU', async () => {
    const id = unique()
    const file = (...rows: string[]) => ['name,price,sku,handle', ...rows].join('\n')
    await imports(file(`Old ${id},1.00,X-${id},shirt-${id}`))
    const { id: old } = await productNamed(`Old ${id}`)
    const [answer] = await imports(
      file(`Old ${id},1.00,X-${id},shirt-old-${id}`, `New ${id},2.00,Z-${id},shirt-${id}`),
    )
    expect(answer!.body).toMatchObject({ created: 1, unchanged: 1 })
    expect((await productNamed(`Old ${id}`)).id).toBe(old)
    await imports(file(`Newest ${id},2.00,,shirt-${id}`))
    expect(await productNamed(`Newest ${id}`)).toMatchObject({ sku: `Z-${id}` })
  })

  it('tells them apart also where they are in different pieces', async () => {
    const name = `Shirt ${unique()}`
    const between = Array.from({ length: 500 }, (_, n) => `Filler ${n} ${name},1.00,F-${n}-${name},`)
    const rows = [`${name},10.00,,h-${name}`, ...between, `${name},25.00,Y-${name},`]
    const answers = await imports(['name,price,sku,handle', ...rows].join('\n'))
    expect(answers.map(({ body }) => [body.created, body.updated])).toEqual([
      [500, 0],
      [2, 0],
    ])
  })

  it.each([
    ['of many rows', 505, ''],
    ['of long descriptions', 400, Array.from({ length: 500 }, (_, n) => `n${n}`).join(' ')],
  ])('tells it also if the SKU is in a later piece, in a file %s', async (_file, rows, description) => {
    const id = unique()
    const file = (...lines: string[]) => ['name,price,stock,sku,handle,description', ...lines].join('\n')
    await imports(file(`Old ${id},1.00,5,X-${id},shirt-${id},`))
    const { id: old } = await productNamed(`Old ${id}`)
    const between = Array.from(
      { length: rows },
      (_, n) => `Filler ${n} ${id},1.00,1,F-${n}-${id},,${description}`,
    )
    const moved = [
      `New ${id},2.00,3,Z-${id},shirt-${id},`,
      ...between,
      `Old ${id},1.00,5,X-${id},shirt-old-${id},`,
    ]
    expect((await previews(file(...moved))).body).toMatchObject({ created: rows + 1, unchanged: 1 })
    const answers = await imports(file(...moved))
    expect(answers.length).toBeGreaterThan(1)
    const sumOf = (key: string) => answers.reduce((sum, { body }) => sum + body[key], 0)
    expect(['created', 'updated', 'unchanged'].map(sumOf)).toEqual([rows + 1, 0, 1])
    const product = env.DB.prepare('SELECT name, sku, stock FROM products WHERE id = ?').bind(old)
    expect(await product.first()).toEqual({ name: `Old ${id}`, sku: `X-${id}`, stock: 5 })
  })

  it('finds a product by name that has got a SKU, although a new one without a SKU has its name', async () => {
    const name = `Mug ${unique()}`
    const file = (...rows: string[]) => ['ID,SKU,Name,Stock,Regular price', ...rows].join('\n')
    await imports(file(`10,,${name},3,5`))
    const { id } = await productNamed(name)
    const csv = file(`11,,${name},4,6`, `10,M1-${name},${name},3,5`)
    const { body } = await previews(csv)
    expect(body.changes).toMatchObject([
      { row: 2, product_id: null },
      { row: 3, product_id: id, fields: ['sku'] },
    ])
    expect((await imports(csv))[0]!.body).toMatchObject({ changes: body.changes, created: 1, updated: 1 })
    expect((await imports(csv))[0]!.body).toMatchObject({ unchanged: 2 })
  })

  it('takes no product by name that another row names by SKU or by the handle of the export', async () => {
    const name = `Tray ${unique()}`
    await imports(`name,price,sku\n${name},1.00,A-${name}\n`)
    const { id } = await productNamed(name)
    const [byExport] = (await exportsProducts()).split('\r\n').filter((line) => line.includes(`A-${name}`))
    for (const handle of ['', byExport!.split(',')[0]]) {
      const csv = `name,price,sku,handle\nBig ${name},1.00,A-${name},${handle}\n${name},2.00,,\n`
      expect((await previews(csv)).body.changes).toMatchObject([
        { row: 2, product_id: id, fields: ['name'] },
        { row: 3, product_id: null },
      ])
    }
  })

  it('does not guess which of two new SKUs a product without one has got', async () => {
    const name = `Mug ${unique()}`
    await imports(`name,price\n${name},1.00\n`)
    const product = await productNamed(name)
    const csv = `name,price,sku\n${name},1.00,A-${name}\n${name},2.00,B-${name}\n`
    const error = { column: 'name', code: 'ambiguous_name', message: expect.any(String) }
    expect(await sends(csv)).toBeProblem(400, 'invalid_import', {
      cell_error_count: 2,
      cell_errors: [
        { row: 2, ...error },
        { row: 3, ...error },
      ],
    })
    await staffEdits(product, { sku: `B-${name}` })
    expect((await imports(csv))[0]!.body.changes).toMatchObject([
      { row: 2, product_id: null },
      { row: 3, product_id: product.id, fields: ['price'] },
    ])
  })

  it('refuses a row of the export with the SKU of another product', async () => {
    const id = unique()
    const cup = await aProduct({ name: `Cup ${id}`, sku: `B-${id}`, stock: 10 })
    await aProduct({ name: `Pot ${id}`, sku: `A-${id}`, stock: 20 })
    const [header, ...lines] = (await exportsProducts()).split('\r\n')
    await anOrder(await aCustomer(), cup, 3)
    const swapped = lines
      .filter((line) => line.includes(id))
      .map((line) => line.replace(/\b[AB](?=-)/, (letter) => (letter === 'A' ? 'B' : 'A')))
    const error = { column: 'sku', code: 'sku_taken', message: expect.any(String) }
    const before = await everything()
    expect(await sends([header, ...swapped].join('\n'))).toBeProblem(400, 'invalid_import', {
      cell_error_count: 2,
      cell_errors: [
        { row: 2, ...error },
        { row: 3, ...error },
      ],
    })
    expect(await everything()).toEqual(before)
  })

  it('refuses it also if the other product got the SKU after the file was checked', async () => {
    const sku = unique()
    await aProduct({ sku })
    const { id } = await aProduct()
    const shop = (await env.DB.prepare('SELECT id FROM shop_identity').first<string>('id'))!
    const row = {
      row: 2,
      name: 'Cup',
      name_key: 'cup',
      price: 1,
      handle: `${shop}-${id}`,
      shop,
      id,
      sku,
      sku_key: sku,
    }
    const before = await everything()
    const piece = importPiece(new Db(env.DB), [row], 0, { actor_id: 1, now: 1 })
    await expect(piece).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    expect(await everything()).toEqual(before)
  })

  it('creates a product anew that has been deleted since', async () => {
    const sku = unique()
    await imports(`name,price,sku,handle\nGone ${sku},1.00,${sku},h-${sku}\n`)
    const { id } = await productNamed(`Gone ${sku}`)
    const owner = await theOwner()
    await owner.call('DELETE', `/api/admin/products/${id}/`)
    const [answer] = await imports(`name,price,sku,handle\nGone ${sku},1.00,${sku},h-${sku}\n`)
    expect(answer!.body).toMatchObject({ created: 1 })
    expect((await productNamed(`Gone ${sku}`)).id).toBeGreaterThan(id)
  })

  it('puts products without a category into one, which it makes when it is needed', async () => {
    const [answer] = await imports(`name,price\nAlone ${unique()},1.00\n`)
    expect(answer!.status).toBe(200)
    const owner = await theOwner()
    const { body } = await owner.call('GET', '/api/admin/categories/?page_size=100')
    const named = body.results.filter(({ name }: { name: string }) => name === 'Uncategorised')
    expect(named).toHaveLength(1)
    expect(
      (await previews(`name,price,category\nX ${unique()},1.00,UNCATEGORISED\n`)).body.new_categories,
    ).toEqual([])
    const rename = (from: string, to: string) =>
      env.DB.prepare('UPDATE categories SET name_key = ?2 WHERE name_key = ?1')
        .bind(nameKey(from), nameKey(to))
        .run()
    await rename('Uncategorised', 'away')
    for (const rows of ['X,1.00,UNCATEGORISED', 'X,1.00,UNCATEGORISED\nY,1.00,'])
      expect((await previews(`name,price,category\n${rows}\n`)).body.new_categories).toEqual([
        'UNCATEGORISED',
      ])
    await rename('away', 'Uncategorised')
  })

  it('writes one entry of the audit log a piece, and none when nothing changes', async () => {
    const csv = `name,price,sku\nLogged,1.00,${unique()}\n`
    const entries = async () => (await rowsOf('audit_log')).length
    const before = await entries()
    await imports(csv)
    expect(await entries()).toBe(before + 1)
    await imports(csv)
    await previews(csv)
    expect(await entries()).toBe(before + 1)
    const [last] = (await rowsOf('audit_log')).slice(-1) as { path: string; actor_id: number }[]
    expect(last).toMatchObject({ path: '/api/admin/products/import', actor_id: (await theOwner()).id })
  })

  it('forgets a product with it, which the integrity check tests', async () => {
    await env.DB.prepare("INSERT INTO import_memory (product_id, name_key) VALUES (9999999, 'x')").run()
    expect(await integrityViolations()).toEqual({ import_memory_has_product: [9_999_999] })
    await env.DB.prepare('DELETE FROM import_memory WHERE product_id = 9999999').run()
  })

  it('is refused while the account is no longer staff, and changes nothing', async () => {
    const bob = await someStaff()
    await env.DB.prepare('UPDATE users SET is_staff = 0 WHERE id = ?').bind(bob.id).run()
    const name = `Never ${unique()}`
    const answer = await bob.call('POST', '/api/admin/products/import/', {
      body: `name,price\n${name},1.00\n`,
      headers: { 'Content-Type': 'text/csv' },
    })
    expect(answer).toBeProblem(403, 'not_staff')
    expect(await productNamed(name)).toBeUndefined()
  })
})

describe('the stock of an import', () => {
  const file = (sku: string, stock: number | string) =>
    `sku,name,price,stock\n${sku},Mug ${sku},5.00,${stock}\n`

  it('does not undo sales when the same file comes again', async () => {
    const sku = unique()
    await imports(file(sku, 10))
    const product = await productNamed(`Mug ${sku}`)
    await anOrder(await aCustomer(), product, 3)
    const [again] = await imports(file(sku, 10))
    expect(again!.body).toMatchObject({ unchanged: 1 })
    expect(await stockOf(product)).toBe(7)
  })

  it('changes by the difference from the file before, with a movement', async () => {
    const sku = unique()
    await imports(file(sku, 10))
    const product = await productNamed(`Mug ${sku}`)
    await anOrder(await aCustomer(), product, 3)
    await imports(file(sku, 15))
    expect(await stockOf(product)).toBe(12)
    await imports(file(sku, 15))
    expect(await stockOf(product)).toBe(12)
    expect((await movementsOf(product)).map(({ delta, reason }) => [delta, reason])).toEqual([
      [10, 'initial'],
      [-3, 'order'],
      [5, 'correction'],
    ])
  })

  it('is set by the first file that says one, as a stock-take', async () => {
    const product = await aProduct({ sku: unique(), stock: 4 })
    await imports(`sku,name,price,stock\n${product.sku},${product.name},10.00,20\n`)
    expect(await stockOf(product)).toBe(20)
    expect((await movementsOf(product)).at(-1)).toMatchObject({ delta: 16, reason: 'stock-take' })
  })

  it('ends at 0 where the file takes away more than there is, with a warning', async () => {
    const sku = unique()
    await imports(file(sku, 10))
    const product = await productNamed(`Mug ${sku}`)
    await anOrder(await aCustomer(), product, 8)
    const { body } = await previews(file(sku, 5))
    expect(body.warnings).toMatchObject([{ row: 2, column: 'stock', code: 'stock_below_sold' }])
    const [answer] = await imports(file(sku, 5))
    expect(answer!.body.warnings).toEqual(body.warnings)
    expect(await stockOf(product)).toBe(0)
  })

  it('changes once by a row of the export that was edited, and keeps what was sold meanwhile', async () => {
    const product = await aProduct({ name: `Edited ${unique()}`, stock: 10 })
    const [header, ...lines] = (await exportsProducts()).split('\r\n')
    const line = lines.find((each) => each.includes(product.name))!
    const edited = (stock: number | '') => `${header}\r\n${line.replace(',10.00,10,', `,10.00,${stock},`)}`
    await anOrder(await aCustomer(), product, 2)
    await imports(edited(15))
    expect(await stockOf(product)).toBe(13)
    await imports(edited(15))
    expect(await stockOf(product)).toBe(13)
    // A slip in the same file, mended.
    await imports(edited(16))
    expect(await stockOf(product)).toBe(14)
    // Other columns of the same export, without the stock.
    await imports(edited(''))
    await imports(edited(16))
    expect(await stockOf(product)).toBe(14)
  })

  it('changes again by the same numbers in a later export', async () => {
    const product = await aProduct({ name: `Weekly ${unique()}`, stock: 10 })
    for (const _ of [1, 2]) {
      const [header, ...lines] = (await exportsProducts()).split('\r\n')
      const line = lines.find((each) => each.includes(product.name))!
      await imports(`${header}\r\n${line.replace(',10.00,10,', ',10.00,15,')}`)
      expect(await stockOf(product)).toBe(15)
      await anOrder(await aCustomer(), product, 5)
    }
  })

  it('stays as it is when an older export comes after a newer one', async () => {
    const product = await aProduct({ name: `Older ${unique()}`, stock: 10 })
    const lineOf = async () =>
      (await exportsProducts()).split('\r\n').find((each) => each.includes(product.name))!
    const [header] = (await exportsProducts()).split('\r\n')
    const old = await lineOf()
    await staffEdits(product, { stock_delta: 5 })
    await imports(`${header}\r\n${await lineOf()}`)
    const { body } = await previews(`${header}\r\n${old.replace(',10.00,10,', ',10.00,2,')}`)
    expect(body.warnings).toMatchObject([{ code: 'export_is_old' }])
    await imports(`${header}\r\n${old.replace(',10.00,10,', ',10.00,2,')}`)
    expect(await stockOf(product)).toBe(15)
  })
})

describe('a file in pieces', () => {
  const ROWS = 1100
  const fileOf = (prefix: string, rows: number, price = '2.00') =>
    `sku,name,price,stock\n${Array.from({ length: rows }, (_, n) => `${prefix}-${n},Bead ${prefix} ${n},${price},${n % 7}`).join('\n')}`

  async function countOf(prefix: string) {
    const { n, stock } = (await env.DB.prepare(
      'SELECT count(*) AS n, sum(stock) AS stock FROM products WHERE name LIKE ?',
    )
      .bind(`Bead ${prefix}%`)
      .first<{ n: number; stock: number }>())!
    return { n, stock }
  }

  it('says how far it is and where to go on', async () => {
    const answers = await imports(fileOf(unique(), ROWS))
    expect(answers.map(({ body }) => [body.done, body.created])).toEqual([
      [500, 500],
      [1000, 500],
      [1100, 100],
    ])
    expect(answers[0]!.body.next).toMatch(/\/api\/admin\/products\/import\/\?from=500$/)
  })

  it('that stopped can be sent again from the start: nothing is doubled', async () => {
    const prefix = unique()
    const csv = fileOf(prefix, ROWS)
    const first = await sends(csv)
    expect(first.body.done).toBe(500)
    expect(await countOf(prefix)).toMatchObject({ n: 500 })
    const answers = await imports(csv)
    expect(answers.map(({ body }) => [body.created, body.unchanged])).toEqual([
      [0, 500],
      [500, 0],
      [100, 0],
    ])
    const { n, stock } = await countOf(prefix)
    expect([n, stock]).toEqual([
      ROWS,
      Array.from({ length: ROWS }, (_, at) => at % 7).reduce((a, b) => a + b),
    ])
    expect(await integrityViolations()).toEqual({})
  })

  it('whose piece fails in the middle has changed nothing of that piece', async () => {
    const prefix = unique()
    await env.DB.exec(
      `CREATE TRIGGER fails BEFORE INSERT ON products WHEN NEW.name = 'Bead ${prefix} 7' BEGIN SELECT RAISE(ABORT, 'cut'); END`,
    )
    const before = await everything()
    expect((await sends(fileOf(prefix, 20))).status).toBe(500)
    expect(await everything()).toEqual(before)
    await env.DB.exec('DROP TRIGGER fails')
    const [answer] = await imports(fileOf(prefix, 20))
    expect(answer!.body).toMatchObject({ created: 20 })
  })

  it('is checked to its last row before its first piece is imported', async () => {
    const prefix = unique()
    const answer = await sends(`${fileOf(prefix, ROWS)}\n${prefix}-x,Last,1.999,1`)
    expect(answer).toBeProblem(400, 'invalid_import', {
      cell_error_count: 1,
      cell_errors: [{ row: ROWS + 2, column: 'price', code: 'not_amount', message: expect.any(String) }],
    })
    expect(await countOf(prefix)).toMatchObject({ n: 0 })
  })

  it('sent by two at the same time creates each product once', async () => {
    const prefix = unique()
    const csv = fileOf(prefix, 60)
    const answers = await simultaneously(4, () => sends(csv))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(answers.reduce((sum, { body }) => sum + body.created, 0)).toBe(60)
    expect(await countOf(prefix)).toMatchObject({ n: 60 })
  })
})
