import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escaped, parseCsv, unescaped } from '../src/spreadsheets/csv.ts'
import { htmlToText } from '../src/spreadsheets/html-to-text.ts'
import { aCustomer, aProduct, staffEdits, stockOf, theOwner, unique } from './shop.ts'
import { exportsProducts, imports, previews, productNamed, sends, toCsv } from './sheets.ts'

const encode = (text: string) => new TextEncoder().encode(text)

/** A file like Shopify's of before 2024. */
const shopify = (id: string) =>
  toCsv([
    [
      'Handle', 'Title', 'Body (HTML)', 'Vendor', 'Type', 'Tags', 'Published', 'Option1 Name', 'Option1 Value',
      'Option2 Name', 'Option2 Value', 'Variant SKU', 'Variant Inventory Qty', 'Variant Price', 'Image Src',
      'Gift Card', 'Status',
    ], // prettier-ignore
    [
      `tee-${id}`, `Tee ${id}`, '<p>Soft &amp; <b>warm</b></p><ul><li>Cotton</li><li>Wool</li></ul>', 'V',
      `Shirts ${id}`, 'a, b', 'TRUE', 'Size', 'M', 'Colour', 'Blue', `T1-${id}`, '3', '20', 'https://old.example/1.jpg',
      'false', 'active',
    ],
    [`tee-${id}`, '', '', '', '', '', '', '', 'L', '', 'Blue', `T2-${id}`, '-2', '21.50', '', '', ''],
    [`tee-${id}`, '', '', '', '', '', '', '', '', '', '', '', '', '', 'https://old.example/2.jpg', '', ''],
    [`cap-${id}`, `Cap ${id}`, '', '', '', `Hats ${id}, Sale`, 'true', 'Title', 'Default Title', '', '', '', '1', '9', '', 'false', 'draft'],
    [`card-${id}`, `Card ${id}`, '', '', '', '', 'true', 'Title', 'Default Title', '', '', '', '', '10', '', 'true', 'active'],
  ]) // prettier-ignore

const shopifyNew = (id: string) =>
  toCsv([
    [
      'Title', 'URL handle', 'Description', 'Product category', 'Published on online store', 'Status', 'SKU',
      'Option1 name', 'Option1 value', 'Price', 'Inventory quantity', 'Product image URL',
    ],
    [
      `Lamp ${id}`, `lamp-${id}`, '<div>Bright</div>', `Home > Lighting ${id}`, 'TRUE', 'Active', `L-${id}`, 'Title',
      'Default Title', '45.00', '4', '',
    ],
  ]) // prettier-ignore

const WOO_HEADERS = [
  'ID', 'Type', 'SKU', 'Name', 'Published', 'Is featured?', 'Visibility in catalog', 'Short description', 'Description',
  'Date sale price starts', 'Date sale price ends', 'Tax status', 'Tax class', 'In stock?', 'Stock', 'Low stock amount',
  'Backorders allowed?', 'Sold individually?', 'Weight (kg)', 'Length (cm)', 'Width (cm)', 'Height (cm)',
  'Allow customer reviews?', 'Purchase note', 'Sale price', 'Regular price', 'Categories', 'Tags', 'Shipping class',
  'Images', 'Download limit', 'Download expiry days', 'Parent', 'Grouped products', 'Upsells', 'Cross-sells',
  'External URL', 'Button text', 'Position', 'Attribute 1 name', 'Attribute 1 value(s)', 'Attribute 1 visible',
  'Attribute 1 global', 'Attribute 2 name', 'Attribute 2 value(s)', 'Attribute 2 visible', 'Attribute 2 global',
] // prettier-ignore

const GERMAN_HEADERS = [
  'ID', 'Typ', 'Artikelnummer', 'Name', 'Veröffentlicht', 'Ist hervorgehoben?', 'Sichtbarkeit im Katalog',
  'Kurzbeschreibung', 'Beschreibung', 'Aktionspreis ab', 'Aktionspreis bis', 'Steuerstatus', 'Steuerklasse',
  'Vorrätig?', 'Bestand', 'Geringe Menge', 'Lieferrückstand?', 'Nur einzeln?', 'Gewicht (kg)', 'Länge (cm)',
  'Breite (cm)', 'Höhe (cm)', 'Bewertungen?', 'Hinweis', 'Angebotspreis', 'Regulärer Preis', 'Kategorien',
  'Schlagwörter', 'Versandklasse', 'Bilder', 'Downloadlimit', 'Ablauf', 'Übergeordnet', 'Gruppiert', 'Upsells',
  'Cross-Sells', 'Externe URL', 'Button-Text', 'Position', 'Attribut 1 Name', 'Attribut 1 Wert(e)',
  'Attribut 1 sichtbar', 'Attribut 1 global', 'Attribut 2 Name', 'Attribut 2 Wert(e)', 'Attribut 2 sichtbar',
  'Attribut 2 global',
] // prettier-ignore

/** A file like WooCommerce's, with these headers; `gtin` and `brands` add newer columns, and that of a default. */
function woocommerce(
  id: string,
  headers = WOO_HEADERS,
  { gtin = false, brands = false, delimiter = ',' } = {},
): string {
  const row = (cells: Record<string, string>) => WOO_HEADERS.map((header) => cells[header] ?? '')
  const rows = [
    headers,
    row({
      ID: '1', Type: 'variable', SKU: `hood-${id}`, Name: `Hoodie ${id}`, Published: '1', Description: '<p>Warm</p>\\nSoft',
      'In stock?': '1', Categories: `Clothing > Hoodies ${id}, Sale`, Images: 'https://o.example/1.png, https://o.example/2.png',
      'Attribute 1 name': 'Colour', 'Attribute 1 value(s)': 'Blue, Red',
    }),
    row({
      ID: '2', Type: 'variation', SKU: `hood-b-${id}`, Name: `Hoodie ${id} - Blue`, Published: '1', 'In stock?': '1', Stock: '4',
      'Regular price': '45,50', 'Sale price': '40', Parent: `hood-${id}`, 'Attribute 1 name': 'Colour',
      'Attribute 1 value(s)': 'Blue', 'Attribute 2 name': 'Size', 'Attribute 2 value(s)': 'M',
    }),
    row({
      ID: '3', Type: 'variation', SKU: `hood-r-${id}`, Published: '-1', Name: 'x', 'In stock?': '1', Stock: 'parent', 'Regular price': '45',

      Parent: 'id:1', 'Attribute 1 name': 'Colour', 'Attribute 1 value(s)': 'Red',
    }),
    row({ ID: '4', Type: 'grouped', SKU: `g-${id}`, Name: 'Set', Published: '1' }),
    row({ ID: '5', Type: 'external', SKU: `e-${id}`, Name: 'Elsewhere', Published: '1', 'Regular price': '3' }),
    row({ ID: '6', Type: 'simple, virtual', SKU: `a-${id}`, Name: `'=Album ${id}`, Published: '1', 'Visibility in catalog': 'hidden', 'In stock?': '0', 'Regular price': '15', 'Low stock amount': '2' }),
    row({ ID: '7', Type: 'simple', SKU: `n-${id}`, Name: 'Not for sale', Published: '1' }),
  ] // prettier-ignore
  const attributes = WOO_HEADERS.indexOf('Attribute 1 name')
  const wide = rows.map((cells, n) =>
    cells.flatMap((cell, index) => [
      ...(gtin && index === 3 ? [n === 0 ? 'GTIN' : ''] : []),
      ...(brands && index === attributes ? [n === 0 ? 'Marken' : ''] : []),
      ...(brands && index === attributes + 4 ? [n === 0 ? 'Attribut 1 Standard' : ''] : []),
      cell,
    ]),
  )
  return toCsv(wide, delimiter)
}

async function expectHoodies(id: string): Promise<void> {
  expect(await productNamed(`Hoodie ${id} – Blue / M`)).toMatchObject({
    sku: `hood-b-${id}`,
    price: '45.50',
    stock: 4,
    description: 'Warm\n\nSoft',
    published: true,
  })
  expect(await productNamed(`Hoodie ${id} – Red`)).toMatchObject({
    price: '45.00',
    stock: 0,
    published: false,
  })
  expect(await productNamed(`=Album ${id}`)).toMatchObject({ stock: 0, low_stock: 2, published: false })
}

describe('a file of Shopify', () => {
  it('becomes a product for each variant, and says what it leaves out', async () => {
    const id = unique()
    const [answer] = await imports(shopify(id))
    const body = answer!.body
    expect(body).toMatchObject({
      format: 'shopify',
      rows: 5,
      products: 3,
      created: 3,
      new_categories: expect.arrayContaining([`Shirts ${id}`, `Hats ${id}`]),
      skipped: [{ row: 6, column: null, code: 'gift_card', message: expect.any(String) }],
      warnings: [
        { row: 3, column: 'Variant Inventory Qty', code: 'stock_was_negative', message: expect.any(String) },
      ],
      picture_count: 1,
    })
    const urls = ['https://old.example/1.jpg', 'https://old.example/2.jpg']
    expect(body['pictures']).toEqual([{ row: 2, name: `Tee ${id} – M / Blue`, urls }])
    expect(await productNamed(`Tee ${id} – M / Blue`)).toMatchObject({
      sku: `T1-${id}`,
      price: '20.00',
      stock: 3,
      description: 'Soft & warm\n\n• Cotton\n• Wool',
      published: true,
    })
    expect(await productNamed(`Tee ${id} – L / Blue`)).toMatchObject({ price: '21.50', stock: 0 })
    expect(await productNamed(`Cap ${id}`)).toMatchObject({ sku: null, stock: 1, published: false })
  })

  it('says nothing of the stock of a product that it does not track', async () => {
    const id = unique()
    const product = await aProduct({ name: `Made to order ${id}`, sku: `M-${id}`, stock: 7 })
    const file = toCsv([
      ['Title', 'URL handle', 'SKU', 'Price', 'Inventory tracker', 'Inventory quantity'],
      [product.name, `m-${id}`, `M-${id}`, '10.00', '', '0'],
      [`Tracked ${id}`, `t-${id}`, `T-${id}`, '1', 'shopify', '0'],
    ])
    const [answer] = await imports(file)
    expect(answer!.body).toMatchObject({ format: 'shopify', created: 1 })
    expect(answer!.body.warnings).toMatchObject([
      { row: 2, column: 'Inventory quantity', code: 'stock_not_counted' },
    ])
    expect(await stockOf(product)).toBe(7)
  })

  it('is understood with the headers of after 2024', async () => {
    const id = unique()
    const [answer] = await imports(shopifyNew(id))
    expect(answer!.body).toMatchObject({ format: 'shopify', created: 1, new_categories: [`Lighting ${id}`] })
    expect(await productNamed(`Lamp ${id}`)).toMatchObject({
      sku: `L-${id}`,
      description: 'Bright',
      stock: 4,
    })
  })
})

describe('a file of WooCommerce', () => {
  it('becomes a product for each variation, and says what it leaves out', async () => {
    const id = unique()
    const [answer] = await imports(woocommerce(id))
    expect(answer!.body).toMatchObject({
      format: 'woocommerce',
      products: 3,
      created: 3,
      new_categories: expect.arrayContaining([`Hoodies ${id}`]),
    })
    const codesOf = (notes: { row: number; code: string }[]) => notes.map(({ row, code }) => [row, code])
    expect(codesOf(answer!.body.skipped)).toEqual([
      [2, 'variants_have_rows'],
      [5, 'grouped'],
      [6, 'sold_elsewhere'],
      [8, 'no_price'],
    ])
    expect(codesOf(answer!.body.warnings)).toEqual([
      [3, 'sale_price_ignored'],
      [4, 'stock_not_counted'],
    ])
    await expectHoodies(id)
  })

  it.each([
    ['translated', { delimiter: ';' }],
    ['translated, with the newer columns', { gtin: true, brands: true }],
  ])('%s is read by the positions of its columns', async (_, options) => {
    const id = unique()
    const [answer] = await imports(woocommerce(id, GERMAN_HEADERS, options))
    expect(answer!.body).toMatchObject({ format: 'woocommerce', created: 3 })
    await expectHoodies(id)
  })

  it('is read by the names that the client gives', async () => {
    const id = unique()
    const csv = `Artikel,Preis,Menge\nTasse ${id},"3,10",4\n`
    const query = '&column=name:Artikel&column=price:preis&column=Stock:Menge'
    expect((await previews(csv, query)).body).toMatchObject({ format: 'kiosk', created: 1 })
    await imports(csv, query.replace('&', '?'))
    expect(await productNamed(`Tasse ${id}`)).toMatchObject({ price: '3.10', stock: 4 })
    expect((await previews(csv, '&column=name:Nom')).body.error_codes).toEqual({
      column: [{ code: 'no_such_header' }],
    })
    expect((await previews(csv, '&column=title of it:Artikel')).body.error_codes).toMatchObject({
      column: [{ code: 'not_one_of' }],
    })
    expect((await previews(csv)).body.error_codes).toEqual({
      '': [{ code: 'unknown_headers', headers: ['Artikel', 'Preis', 'Menge'] }],
    })
  })
})

describe('the export of products', () => {
  it.each([
    ['Shopify', shopify],
    ['Shopify after 2024', shopifyNew],
    ['WooCommerce', woocommerce],
  ])('of what came from %s imports again without a difference, and so does that file', async (_, fileOf) => {
    const csv = fileOf(unique())
    await imports(csv)
    const exported = await exportsProducts()
    for (const file of [exported, csv, exported]) {
      for (const { body } of await imports(file)) expect(body).toMatchObject({ created: 0, updated: 0 })
    }
    expect(await exportsProducts()).toBe(exported)
  })

  it('keeps every character, and runs no formula', async () => {
    const names = [
      '=1+1',
      '+49',
      '-5',
      '@me',
      "'=x",
      "''=x",
      "'tis",
      '"quoted", so',
      'a;b',
      'ünï ¼ 🦄',
      'x\u00a0y',
    ]
    const given = await Promise.all(
      names.map((name) =>
        aProduct({
          name: `${name} ${unique()}`,
          description: `${name}\nline\r\nend`,
          sku: `${name}${unique()}`,
        }),
      ),
    )
    const exported = await exportsProducts()
    expect(exported).not.toMatch(/(?:^|,)"?[=+\-@]/m)
    expect(exported.startsWith('handle,sku,name')).toBe(true) // after the byte order mark, which text() takes away
    for (const { body } of await imports(exported)) expect(body).toMatchObject({ created: 0, updated: 0 })
    for (const { name, description, sku } of given)
      expect(await productNamed(name)).toMatchObject({ description, sku })
  })

  it('of a product with more units than an import may set changes nothing', async () => {
    const most = 1_000_000_000
    const [ann, product] = [await aCustomer(), await aProduct({ stock: most })]
    await ann.adds(product, 5)
    const { body: order } = await ann.orders()
    await staffEdits(product, { stock: most })
    await ann.cancels(order)
    for (const { body } of await imports(await exportsProducts()))
      expect(body).toMatchObject({ created: 0, updated: 0 })
    expect(await stockOf(product)).toBe(most + 5)
  })

  it('of a product that has been deleted creates it, once', async () => {
    const product = await aProduct({ name: `Gone ${unique()}`, stock: 4 })
    const [header, ...lines] = (await exportsProducts()).split('\r\n')
    const csv = [header, lines.find((line) => line.includes(product.name)), ''].join('\r\n')
    await (await theOwner()).call('DELETE', `/api/admin/products/${product.id}/`)
    const [first] = await imports(csv)
    expect(first!.body).toMatchObject({ created: 1 })
    const [again] = await imports(csv)
    expect(again!.body).toMatchObject({ created: 0, unchanged: 1 })
    expect(await productNamed(product.name)).toMatchObject({ stock: 4 })
  })

  it('of another shop creates products here, once', async () => {
    const id = unique()
    const csv = `handle,name,price,stock,exported_stock,stock_version\n0123456789abcdef-1,Moved ${id},2.00,5,5,9\n`
    const [first] = await imports(csv)
    expect(first!.body).toMatchObject({ created: 1 })
    const [again] = await imports(csv)
    expect(again!.body).toMatchObject({ created: 0, unchanged: 1 })
    expect(await productNamed(`Moved ${id}`)).toMatchObject({ stock: 5 })
  })

  it('is a file to download, for staff', async () => {
    const owner = await theOwner()
    const answer = await owner.call('GET', '/api/admin/products/export/', { headers: { Accept: 'text/csv' } })
    expect(answer.headers.get('Content-Type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('Content-Disposition')).toMatch(
      /^attachment; filename="products-\d{4}-\d\d-\d\d\.csv"$/,
    )
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
  })
})

describe('escaping of formulas', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ["'=1+1", "''=1+1"],
    ['a;=1+1;@b', "a;'=1+1;'@b"],
    ['a;"=1+1"', 'a;\'"=1+1"'],
    ['a\n- b\r\n=1+1', "a\n'- b\r\n'=1+1"],
    ['\t=', "'\t'="],
    ["it's 1-2; 3", "it's 1-2; 3"],
  ])('of %j, also where a program divides the cell, is taken away again', (text, safe) => {
    expect(escaped(text)).toBe(safe)
    expect(unescaped(safe)).toBe(text)
  })

  it('is taken away from any text', () => {
    const text = fc.string({ unit: fc.constantFrom(...`=+-@'";,a \t\r\n`), maxLength: 12 })
    fc.assert(
      fc.property(text, (any) => {
        expect(unescaped(escaped(any))).toBe(any)
      }),
    )
  })
})

describe('a file that is wrong', () => {
  const errorsOf = async (csv: string | Uint8Array) =>
    ((await previews(csv)).body.cell_errors as { row: number; column: string; code: string }[]).map(
      ({ row, column, code }) => [row, column, code],
    )

  it.each([
    ['name,price\nA,-1\n', [2, 'price', 'not_amount']],
    ['name,price\nA,1.234\n', [2, 'price', 'not_amount']],
    ['name,price\nA,"1,234"\n', [2, 'price', 'not_amount']],
    ['name,price\nA,"1,234.50"\n', [2, 'price', 'not_amount']],
    ['name,price\nA,100000000\n', [2, 'price', 'not_amount']],
    ['name,price\nA,1e3\n', [2, 'price', 'not_amount']],
    ['name,price\nA,€ 5\n', [2, 'price', 'not_amount']],
    ['name,price\nA,\n', [2, 'price', 'required']],
    ['name,price\n,5\n', [2, 'name', 'required']],
    ['name,price,stock\nA,1,-1\n', [2, 'stock', 'not_integer']],
    ['name,price,stock\nA,1,1000000001\n', [2, 'stock', 'not_integer']],
    ['name,price,stock\nA,1,2.5\n', [2, 'stock', 'not_integer']],
    [shopifyNew('none').replace('"4"', '"-"'), [2, 'Inventory quantity', 'not_integer']],
    ['name,price,Low_Stock\nA,1,x\n', [2, 'Low_Stock', 'not_integer']],
    ['name,price,tax_rate\nA,1,100.01\n', [2, 'tax_rate', 'not_amount']],
    ['name,price,published\nA,1,perhaps\n', [2, 'published', 'not_one_of']],
    ['name,price,published\nA,1,constructor\n', [2, 'published', 'not_one_of']],
    ['name,price,tax_rate\nA,1,"1,9,0"\n', [2, 'tax_rate', 'not_amount']],
    [`name,price,handle\nA,1,${'n'.repeat(3_000_000)}\n`, [2, 'handle', 'too_long']],
    [`name,price\n${'n'.repeat(256)},1\n`, [2, 'name', 'too_long']],
    [`name,price,description\nA,1,${'n'.repeat(10_001)}\n`, [2, 'description', 'too_long']],
    [`name,price,sku\nA,1,${'n'.repeat(65)}\n`, [2, 'sku', 'too_long']],
    [`name,price,category\nA,1,${'n'.repeat(256)}\n`, [2, 'category', 'too_long']],
    ['name,price\nA\u0000B,1\n', [2, 'name', 'control_characters']],
    ['name,price\n\u200b,1\n', [2, 'name', 'empty']],
    ['name,price,sku\nA,1,x\nB,1,X\n', [3, null, 'repeated_in_file']],
    ['name,price,handle\nA,1,x\nB,1,x\n', [3, null, 'repeated_in_file']],
    ['name,price\nFork,1\nfork ,2\n', [2, null, 'repeated_in_file']],
    ['name,price\nA,1\n"B,2\nC,3\n', [3, null, 'misplaced_quotes']],
    ['name,price\nA,1\n"B"x,2\n', [3, null, 'misplaced_quotes']],
    ['name,price,category\nA,1,Blue, round\n', [2, null, 'too_many_cells']],
  ])('%j names the row, the column and the error', async (csv, expected) => {
    expect((await errorsOf(csv))[0]).toEqual(expected)
    expect(await sends(csv)).toMatchObject({ status: 400, body: { code: 'invalid_import' } })
  })

  it('says nothing of the pieces before it that have been imported', async () => {
    const { body } = await sends('name,price\nA,1\nB,\n', '/api/admin/products/import/?from=1')
    expect(body.detail).toBe('Row 3, price: This field is required. Nothing more has been imported.')
  })

  it.each([
    ['', 'no_rows'],
    ['name,price\n', 'no_rows'],
    ['\n\n\n', 'no_rows'],
    [`${'x,'.repeat(100_000)}\nA\n`, 'too_many_columns'],
    [`name,price\n${'A,1\n'.repeat(5001)}`, 'too_many_rows'],
    [`name,price\n${'A,1\n'.repeat(5000)}\nB,2\n`, 'too_many_rows'],
    [`name,price\nA,1\n${',\n'.repeat(5000)}B,2\n`, 'too_many_rows'],
    [`name,price\n${'\n'.repeat(5_000_000)}`, 'no_rows'],
    ['a,b\n1,2\n', 'unknown_headers'],
    ['__proto__,constructor\n1,2\n', 'unknown_headers'],
    ['{"name":"A"}\n1\n', 'unknown_headers'],
    ['"name,price\nA,1\n', 'misplaced_quotes'],
  ])('%.30j as a whole is %s', async (csv, code) => {
    expect((await previews(csv)).body.error_codes).toMatchObject({ '': [{ code }] })
  })

  it('may have 5000 rows, and blank ones after them', async () => {
    const rows = Array.from({ length: 5000 }, (_, n) => `Pin ${n},0.10`).join('\n')
    expect((await previews(`name,price\n${rows}\n`)).body).toMatchObject({ rows: 5000, created: 5000 })
  })

  it('takes neither long nor much memory with quotes that never match', async () => {
    for (const cell of ['"a', '"a"', '""', '"a"a', ',"', '"\n'])
      expect(
        (await previews(`name,price\n"${cell.repeat(1_000_000).slice(0, 4_000_000)}\n`)).status,
      ).toBeLessThan(500)
  })

  it('has at most 5 MiB, and is CSV', async () => {
    const { access: token } = await theOwner()
    const owner = await theOwner()
    const padded = (bytes: number) => `name,price\nA,1\n${' '.repeat(bytes - 15)}`
    expect((await previews(padded(5 * 1024 * 1024))).status).toBe(200)
    expect(await previews(padded(5 * 1024 * 1024 + 1))).toBeProblem(413, 'body_too_large')
    for (const type of ['application/json', 'application/vnd.ms-excel', 'multipart/form-data; boundary=x']) {
      const answer = await owner.call('POST', '/api/admin/products/import/', {
        token,
        body: 'name,price\nA,1\n',
        headers: { 'Content-Type': type },
      })
      expect(answer).toBeProblem(415, 'unsupported_media_type')
    }
  })
})

describe('the encoding of a file', () => {
  const csv = (id: string) => `name,price\nKäse ${id},1\n`

  it.each([
    ['UTF-8', (text: string) => encode(text)],
    ['UTF-8 with a byte order mark', (text: string) => encode(`\uFEFF${text}`)],
    [
      'UTF-16',
      (text: string) => new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (c) => c.charCodeAt(0)).buffer),
    ],
  ])('can be %s', async (_, toBytes) => {
    const id = unique()
    const [answer] = await imports(toBytes(csv(id)))
    expect(answer!.body.warnings).toEqual([])
    expect(await productNamed(`Käse ${id}`)).toBeDefined()
  })

  it('is taken for Windows-1252 otherwise, with a warning', async () => {
    const id = unique()
    const [answer] = await imports(Uint8Array.from(csv(id), (c) => c.charCodeAt(0)))
    expect(answer!.body.warnings).toMatchObject([{ row: 1, code: 'encoding_guessed' }])
    expect(await productNamed(`Käse ${id}`)).toBeDefined()
  })
})

describe('comma-separated values', () => {
  const bounds = { max_rows: 100, max_columns: 10 }

  it.each([
    ['a,b\nc,d', [['a', 'b'], ['c', 'd']]],
    ['a,b\r\nc,d\r\n', [['a', 'b'], ['c', 'd']]],
    ['a,b\rc,d\r', [['a', 'b'], ['c', 'd']]],
    ['a;b\nc,d;e', [['a', 'b'], ['c,d', 'e']]],
    ['a\tb\n1\t2', [['a', 'b'], ['1', '2']]],
    ['"a,b",c\n"x\ny","""q"""', [['a,b', 'c'], ['x\ny', '"q"']]],
    ['a,\n,b\n', [['a', ''], ['', 'b']]],
    ['a,', [['a', '']]],
    ['""', [['']]],
    ['5" pipe,b', [['5" pipe', 'b']]],
    ['"a" ,b', [['a', 'b']]],
    ['', []],
  ])('%j', (text, rows) => {
    expect(parseCsv(text, bounds)).toEqual({ rows })
  }) // prettier-ignore
})

describe('HTML', () => {
  it.each([
    ['plain < text & more', 'plain < text & more'],
    ['<p>One</p><p>Two<br>lines</p>', 'One\n\nTwo\nlines'],
    ['One<br> <br>Two', 'One\n\nTwo'],
    ['<h2>Care</h2>\n<ul>\n<li>Wash</li>\n<li>Dry</li>\n</ul>', 'Care\n\n• Wash\n• Dry'],
    ['a<script>alert(1)</script><style>b{}</style>c<!-- d -->e', 'ace'],
    ['<script>never closed', ''],
    ['caf&eacute; &#8364;5 &#x20AC;6 &nbsp;&unknown; &constructor;', 'café €5 €6  &unknown; &constructor;'],
    ['&#0;&#99999999;&#1114112;', '&#99999999;'],
  ])('%j becomes text', (html, text) => {
    expect(htmlToText(html)).toBe(text)
  })
})
