import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { reindex } from '../src/catalog/reindex.ts'
import { Db } from '../src/db/client.ts'
import { d1Through } from './d1.ts'
import { get, type Answer } from './http.ts'
import { aCategory, aCustomer, anOrder, aProduct, staffEdits, theOwner } from './shop.ts'

const found = async (search: string, query = '') => {
  const { body } = await get(`/api/products/?search=${encodeURIComponent(search)}&${query}`)
  return body.results.map(({ name }: { name: string }) => name)
}

const productOf = async (name: string) =>
  (await env.DB.prepare('SELECT * FROM products WHERE name = ?').bind(name).first<{ id: number }>())!

/** Inserts products of one category with these names and this description. */
async function fill(names: readonly string[], description: string, category_id?: number): Promise<void> {
  const category = category_id ?? (await aCategory()).id
  await env.DB.prepare(
    `INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
     SELECT value, value, ?, 100 * (key + 1), key % 2, ?, 0, 0 FROM json_each(?)`,
  )
    .bind(description, category, JSON.stringify(names))
    .run()
}

describe('?search=', () => {
  let kitchen: Answer['body']

  beforeAll(async () => {
    kitchen = await aCategory({ name: 'Kitchen' })
    await aProduct({
      name: 'Café press',
      description: 'For coffee, not tea',
      price: '30.00',
      category: kitchen.id,
    })
    await aProduct({
      name: 'Tea pot',
      description: 'Holds a litre',
      price: '20.00',
      stock: 0,
      category: kitchen.id,
    })
    await aProduct({ name: 'Mug', description: 'For tea or coffee', price: '5.00' })
    await aProduct({ name: 'Straßenschild', description: "Robert'); DROP TABLE products;--" })
    await aProduct({ name: '電気ケトル', description: '保温' })
    await aProduct({ name: 'Kettle', description: 'The ﬁlter of ＡＢＣ fits ｶﾒﾗ' })
  })

  it.each([
    ['tea', ['Tea pot', 'Mug', 'Café press']],
    ['TEA', ['Tea pot', 'Mug', 'Café press']],
    ['coffee tea', ['Café press', 'Mug']],
    ['cafe', ['Café press']],
    ['CAFÉ', ['Café press']],
    ['caf', ['Café press']],
    ['cof te', ['']],
    ['coffee te', ['Café press', 'Mug']],
    ['ｔｅａ', ['Tea pot', 'Mug', 'Café press']],
    ['straßen', ['Straßenschild']],
    ['電気', ['電気ケトル']],
    ['press  for', ['Café press']],
    ['nothing of the kind', []],
    ['ﬁlter', ['Kettle']],
    ['ＡＢＣ kettle', ['Kettle']],
    ['ｶﾒﾗ', ['Kettle']],
    ['㎏', []],
  ])('%s', async (search, expected) => {
    const names = await found(search)
    expect(names.toSorted()).toEqual(expected.filter(Boolean).toSorted())
    expect(names[0]).toBe(expected[0] || undefined)
  })

  it.each([
    '!!!',
    '"',
    '*',
    'AND',
    'tea AND',
    '(',
    'name:tea',
    "'; --",
    '^tea',
    'NEAR(tea pot)',
    '\u{1E900}',
    '\u0301',
    '-',
    'a"b',
  ])('is plain text, never syntax: %j', async (search) => {
    expect((await get(`/api/products/?search=${encodeURIComponent(search)}`)).status).toBe(200)
  })

  it('accepts as many words as fit', async () => {
    const words = Array.from({ length: 100 }, (_, n) => String.fromCodePoint(97 + (n % 26))).join(' ')
    expect(await found(words)).toEqual([])
    expect(await found('ﬁlter '.repeat(28))).toEqual(['Kettle'])
  })

  it('matches nothing without a word', async () => {
    expect((await get('/api/products/?search=!!!')).body).toEqual({
      count: 0,
      next: null,
      previous: null,
      results: [],
    })
  })

  it('combines with the filters', async () => {
    expect(await found('tea', 'category=KITCHEN')).toEqual(['Tea pot', 'Café press'])
    expect(await found('tea', 'in_stock=true&max_price=10')).toEqual(['Mug'])
    expect(await found('tea', 'category=none')).toEqual([])
  })

  it('puts a word in the name before one in the description', async () => {
    await aProduct({ name: 'Plain pan', description: 'saucer' })
    await aProduct({ name: 'Saucer with a long name that weighs it down a little', description: 'China' })
    expect((await found('saucer'))[0]).toMatch(/^Saucer/)
    expect(await found('saucer', 'category=%20KITCHEN%20')).toEqual([])
    expect(await found('pot', 'category=%20KITCHEN%20')).toEqual(['Tea pot'])
  })

  it('sorts by an explicit ordering', async () => {
    expect(await found('tea', 'ordering=price')).toEqual(['Mug', 'Tea pot', 'Café press'])
    expect(await found('tea', 'ordering=-name')).toEqual(['Tea pot', 'Mug', 'Café press'])
  })

  it('is paged forwards and backwards', async () => {
    const first = (await get('/api/products/?search=tea&page_size=2')).body
    expect([first.count, first.results.length, first.previous]).toEqual([3, 2, null])
    const second = (await get(first.next)).body
    expect([second.count, second.results.length, second.next]).toEqual([3, 1, null])
    expect((await get(second.previous)).body.results).toEqual(first.results)
    expect((await get('/api/products/?search=tea&page_size=2&page=2')).body.results).toEqual(second.results)
  })

  it('puts all words in the name before some of them, and some before none', async () => {
    for (const [name, description] of [
      ['None', 'Gravel and a sieve'],
      ['Gravel rake', 'Not a sieve'],
      ['Sieve for gravel', 'Coarse'],
      ['Pan and sieve', 'Gravel not included'],
      ['Gravel/siève', 'Fine'],
      ['Gravel', 'Nothing else'],
    ] as const)
      await aProduct({ name, description })
    const ranked = ['Sieve for gravel', 'Gravel/siève', 'Gravel rake', 'Pan and sieve', 'None']
    expect(await found('gravel sieve')).toEqual(ranked)
    expect(await found('sieve gravel')).toEqual(ranked)
    expect(await found('SIEVE grav')).toEqual(ranked)
    expect(await found('sieve gravel gravel')).toEqual(ranked)
    const inPages = []
    for (const page of [1, 2, 3]) inPages.push(...(await found('gravel sieve', `page_size=2&page=${page}`)))
    expect(inPages).toEqual(ranked)
  })

  it('finds every word of a name, whatever precedes it', async () => {
    await aProduct({ name: 'None', description: 'kimono' })
    const names = [
      'A-kimono',
      'A (kimono)',
      'A “kimono”',
      'A/kimono',
      "A'kimono",
      'A – kimono',
      'A\u3000kimono',
    ]
    for (const name of names) await aProduct({ name, description: '' })
    expect(await found('kimono')).toEqual([...names, 'None'])
  })

  it('lists the best thousand, whenever they were added', async () => {
    await fill(
      Array.from({ length: 2100 }, (_, n) => (n < 2050 ? 'thing' : 'widget')),
      'widget',
    )
    const first = await get('/api/products/?search=widget&page_size=100')
    expect(first.body).toMatchObject({ count: 1000, count_is_lower_bound: true })
    const results = []
    for (let page = first; ; page = await get(page.body.next)) {
      results.push(...page.body.results)
      if (page.body.next === null) break
    }
    expect(results.map(({ name }) => name)).toEqual([
      ...Array.from({ length: 50 }, () => 'widget'),
      ...Array.from({ length: 950 }, () => 'thing'),
    ])
    expect(new Set(results.map(({ id }) => id)).size).toBe(1000)

    const { body: end } = await get('/api/products/?search=widget&page_size=100&page=10')
    expect([end.results.length, end.next]).toEqual([100, null])
    const beyond = await get('/api/products/?search=widget&page_size=10&page=101')
    expect(beyond).toBeProblem(400, 'invalid_request', {
      errors: { page: [expect.stringContaining('row 1000')] },
    })
  })

  it('sorts the best thousand by an explicit ordering', async () => {
    await fill(
      Array.from({ length: 1200 }, (_, n) => (n < 1100 ? 'ballast' : 'sandbag')),
      'sandbag',
    )
    const { body } = await get('/api/products/?search=sandbag&ordering=price&page_size=100')
    expect(body).toMatchObject({ count: 1000, count_is_lower_bound: true })
    expect(body.results[0].price).toBe('1.00')
    // The hundred most expensive are among them, because they have the word in the name.
    const { body: end } = await get('/api/products/?search=sandbag&ordering=price&page_size=100&page=10')
    expect(end.results.map(({ name }: { name: string }) => name)).toEqual(
      Array.from({ length: 100 }, () => 'sandbag'),
    )
    expect(end.next).toBeNull()
  })

  it('counts exactly up to a thousand, whatever the filters', async () => {
    await fill(
      Array.from({ length: 2002 }, () => 'rivet'),
      '',
    )
    const countOf = async (query: string) => {
      const { count, count_is_lower_bound } = (await get(`/api/products/?search=rivet&${query}`)).body
      return [count, count_is_lower_bound]
    }
    expect(await countOf('max_price=1000')).toEqual([1000, undefined])
    expect(await countOf('max_price=1001')).toEqual([1000, true])
    expect(await countOf('in_stock=true&max_price=2000')).toEqual([1000, undefined])
    expect(await countOf('in_stock=false&max_price=11')).toEqual([6, undefined])
  })

  it('finds prices within bounds to the cent', async () => {
    const prices = ['0', '0.01', '0.09', '0.10', '1.29', '9.99', '10', '12.99', '19.99', '20', '99.99', '100']
    prices.push('999.99', '1000', '99999999.99')
    for (const price of prices) await aProduct({ name: 'Priced', price })
    const priced = prices.map((price) => Number(price).toFixed(2))
    const bounds = ['0', '0.01', '1.28', '9.99', '10', '20', '888.88', '99999999.99']
    for (const min of [undefined, ...bounds]) {
      for (const max of [undefined, ...bounds]) {
        const query = new URLSearchParams({
          search: 'priced',
          page_size: '100',
          ...(min === undefined ? {} : { min_price: min }),
          ...(max === undefined ? {} : { max_price: max }),
        })
        const { body } = await get(`/api/products/?${query.toString()}`)
        const within = priced.filter(
          (price) => Number(price) >= Number(min ?? 0) && Number(price) <= Number(max ?? Infinity),
        )
        expect(body.results.map(({ price }: { price: string }) => price)).toEqual(within)
        expect(body.count).toBe(within.length)
      }
    }
  })

  it('reflects edits by staff', async () => {
    const product = await aProduct({ name: 'Zylophone', description: 'Misspelt' })
    await staffEdits(product, { stock: 1 })
    expect(await found('zylophone')).toEqual(['Zylophone'])
    await staffEdits(product, { name: 'Xylophone' })
    expect([await found('zylophone'), await found('xylophone misspelt')]).toEqual([[], ['Xylophone']])
  })

  it('filters by current values', async () => {
    const [garden, attic] = [await aCategory({ name: 'Garden' }), await aCategory({ name: 'Attic' })]
    const product = await aProduct({ name: 'Trowel', stock: 2, price: '5.00', category: garden.id })
    const ann = await aCustomer()
    await anOrder(ann, product)
    expect(await found('trowel', 'in_stock=true&category=garden&max_price=5')).toEqual(['Trowel'])
    expect(await found('trowel', 'in_stock=false')).toEqual([])
    const last = await anOrder(ann, product)
    expect(await found('trowel', 'in_stock=true')).toEqual([])
    expect(await found('trowel', 'in_stock=false')).toEqual(['Trowel'])
    await ann.cancels(last)
    expect(await found('trowel', 'in_stock=true')).toEqual(['Trowel'])
    await staffEdits(product, { category: attic.id, price: '6.00' })
    expect(await found('trowel', 'category=garden')).toEqual([])
    expect(await found('trowel', 'category=attic&category=garden')).toEqual(['Trowel'])
    expect(await found('trowel', 'max_price=5')).toEqual([])
    expect(await found('trowel', 'min_price=6')).toEqual(['Trowel'])
  })

  it('does not match the marks of the index', async () => {
    const [inKitchen, inStock] = [`\u{E001}${kitchen.id}`, '\u{E002}1']
    const forged = { description: `${inKitchen} ${inStock} \u{E000}forged or forged`, stock: 0 }
    await aProduct({ name: `${inKitchen}${inStock}☕${inKitchen} ${inStock}`, ...forged })
    await aProduct({ name: 'Forged', stock: 0 })
    expect((await found('forged'))[0]).toBe('Forged')
    expect(await found('forged')).toHaveLength(2)
    expect(await found('forged', 'category=kitchen')).toEqual([])
    expect(await found('forged', 'in_stock=true')).toEqual([])
    expect(await found('\u{E001}')).toEqual([])
  })

  it('finds a product whose words only SQL made, and by all rules once the scheduled job has been there', async () => {
    const { id: category } = await aCategory({ name: 'Almanacs' })
    const insert = (name: string) =>
      env.DB.prepare(
        `INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
         VALUES (?, lower(?), 'Für den Hof', 1000, 0, ?, 0, 0)`,
      )
        .bind(name, name, category)
        .run()
    await insert('Sundials 10')
    await insert('Sundials 9')
    expect(await found('sundials hof', 'in_stock=false&category=almanacs')).toEqual([
      'Sundials 10',
      'Sundials 9',
    ])
    expect(await found('sundial10')).toEqual([])
    await staffEdits({ id: (await productOf('Sundials 9')).id }, { name: 'Sundials  9' })
    expect(await found('sundials fur')).toEqual(['Sundials 10', 'Sundials  9'])

    expect(await reindex(new Db(env.DB), 60_000)).toBeGreaterThanOrEqual(2)

    expect(await found('sundials10 fuer almanac')).toEqual(['Sundials 10'])
    expect(await found('sundials', 'ordering=name')).toEqual(['Sundials  9', 'Sundials 10'])
    expect(await reindex(new Db(env.DB), 60_000)).toBe(0)
  })

  it('makes the words of a long text that was there before, several rounds on', async () => {
    const { id: category } = await aCategory()
    await env.DB.prepare(
      `INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
       SELECT '辞書' || value, '', ?, 1, 1, ?, 0, 0 FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]')`,
    )
      .bind('緑茶'.repeat(5000), category)
      .run()
    expect(await reindex(new Db(env.DB), 60_000)).toBe(20)
    expect(await found('書')).toHaveLength(10)
  })

  it('does not write words over those of an edit that came between', async () => {
    const { id: category } = await aCategory()
    await env.DB.prepare(
      `INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
       VALUES ('Sextant', 'sextant', '', 1, 1, ?, 0, 0)`,
    )
      .bind(category)
      .run()
    const { id } = await productOf('Sextant')
    let edits = 0
    const db = new Db(
      d1Through(env.DB, async (statements, session) => {
        const results = await session.batch(statements)
        if (edits === 0) {
          edits += 1
          await staffEdits({ id }, { name: 'Octants' })
        }
        return results
      }),
    )
    await reindex(db, 60_000)
    expect([await found('sextant'), await found('octant')]).toEqual([[], ['Octants']])
  })

  it('finds products by the name of their category, also after it has changed', async () => {
    const category = await aCategory({ name: 'Bobbins' })
    await fill(
      Array.from({ length: 450 }, (_, n) => `Vessel ${n}`),
      '',
      category.id,
    )
    await reindex(new Db(env.DB), 60_000)
    const countOf = async (search: string) => (await get(`/api/products/?search=${search}`)).body.count
    expect(await countOf('bobbin+vessel')).toBe(450)
    const owner = await theOwner()
    await owner.call('PATCH', `/api/admin/categories/${category.id}/`, { body: { name: 'Spindles' } })
    expect([await countOf('spindle'), await countOf('bobbins')]).toEqual([200, 250])
    await reindex(new Db(env.DB), 60_000)
    expect([await countOf('spindle'), await countOf('bobbins')]).toEqual([450, 0])
    await aProduct({ name: 'Urn', category: category.id })
    expect(await found('spindles urn')).toEqual(['Urn'])
  })
})

/** What a product is called or described as, and searches that find it, and that do not. */
const CASES: [text: string, finding: string[], missing?: string[]][] = [
  // Signs
  [
    'Aeropress™ Coffee Maker',
    ['aeropress coffee maker', 'aeropress', 'AeroPress®', 'coffeemaker'],
    ['aeropresstm'],
  ],
  ['№5 Parfum', ['no 5', 'no5', '№ 5', 'nº5', 'N°5 parfum']],
  ['Chanel N°19', ['no 19', 'no. 19', 'n°19', 'nº 19']],
  ['Plank 2½ m', ['plank 2 1/2', '2½', 'plank 1/2'], ['plank 21', 'plank 12']],
  ['Rug 20×30 cm', ['rug 20x30', '20×30 rug', 'rug 20 30', 'rug 30cm']],
  ['Puzzle of 1,000 pieces', ['puzzle 1000', 'puzzle 1,000']],
  [
    'Salt & pepper by H&M',
    ['salt and pepper', 'salt & pepper', 'h&m', 'hm salt', 'h and m'],
    ['salt or pepper'],
  ],
  // However it is encoded
  ['Зелёный чай, 녹차, ガラス'.normalize('NFD'), ['зелёный чай', '녹차', 'ガラス', 'ｶﾞﾗｽ'], ['カラス']],
  ['Kaffee\u00admaschine', ['kaffeemaschine', 'Kaffee\u200bmaschine', 'kaffee']],
  ['Tee\u200bkanne\u2060n\ufeffhalter', ['teekannenhalter', 'tee\u00adkannen\u200dhalter']],
  ['Ｆｕｌｌ ｗｉｄｔｈ ７５０ｍｌ', ['full width 750ml', '７５０ ml']],
  ['Top 1️⃣ 𝐁𝐨𝐥𝐝 ②', ['top 1 bold 2', '1️⃣ top']],
  ['eﬃcient oﬀice', ['efficient office', 'eﬃcient']],
  // Letters
  ['Κόκκινο κρασί', ['ΚΟΚΚΙΝΟ ΚΡΑΣΙ', 'κοκκινο', 'κρασι']],
  ['ΟΔΥΣΣΕΥΣ', ['οδυσσεύς', 'οδυσσευσ', 'Οδυσσεύς']],
  ['Зелёный', ['зеленый', 'ЗЕЛЕНЫЙ', 'зелёный'], ['зелении']],
  ['Półka dębowa', ['polka debowa', 'PÓŁKA', 'półka']],
  ['Fußball', ['fussball', 'FUSSBALL', 'FUẞBALL', 'fußball']],
  ['Œuf de Pâques', ['oeuf', 'ŒUF paques']],
  ['Rødgrød Bænk', ['rodgrod', 'roedgroed', 'RØDGRØD baenk']],
  ['Đorđe Þór Eyðimörk', ['dorde', 'thor', 'eydimork', 'þór']],
  ['İstanbul ılık', ['istanbul', 'ISTANBUL', 'ilik', 'İSTANBUL']],
  ['Käsemesser für Bücher', ['kaesemesser', 'kasemesser fur buecher', 'KÄSEMESSER FÜR BÜCHER']],
  ['Phở Đặc Biệt', ['pho dac biet', 'PHỞ']],
  ['Smörgåsbord', ['smorgasbord', 'smoergaasbord']],
  ['کتاب‌های فارسی', ['كتابهاي', 'کتابهای', 'فارسى']],
  ['قَهْوَة عربية', ['قهوة', 'قهوه']],
  ['שָׁלוֹם', ['שלום']],
  // Numbers and units
  ['Flask 750ml', ['750ml', '750 ml', 'flask 750 ML', '750 ml flask'], ['75ml', '50 ml flask']],
  ['Jar 330 ml', ['330ml', '330 ML', '330ml jar', 'jar 330'], ['33ml']],
  ['Pan, 28 cm', ['28cm', '28 cm', 'pan 28cm']],
  ['Kettle 1.7l', ['1.7 l', '1,7l kettle', '1.7l']],
  ['Case for iPhone15', ['iphone 15', 'iphone15', 'case iphone', '15 case']],
  ['Cable USB 3', ['usb3', 'usb-3', 'cable usb 3']],
  // Hyphens and apostrophes
  ['T-shirt, plain', ['tshirt', 't shirt', 't-shirts', 'tshirts', 'T‑Shirt', 'tshir', 'shirt']],
  ['Tshirt, striped', ['t-shirt striped', 't shirt striped', 't-shirts striped']],
  ['T shirt, dotted', ['tshirt dotted', 't-shirt dotted', 'tshirts dotted']],
  ['O’Neill jacket', ["o'neill", 'oneill', 'o neill', 'oneill jackets', 'O´Neill', 'OʼNeill']],
  ['Oneill cap', ["o'neill cap", 'o neill caps']],
  ['Wi-Fi router', ['wifi', 'wi fi router', 'wi‑fi', 'WIFI ROUTERS']],
  ['Wifi plug', ['wi-fi plug', 'wi fi plugs']],
  ['Jack-o’-lantern', ['jackolantern', "jack-o'-lantern", 'jack o lantern', 'jack-o-lanterns']],
  ["Men's shoes", ["men's shoe", 'mens shoes', 'men shoe']],
  ['L’Oréal Node.js AC/DC', ['loreal', "l'oreal", 'l oréal nodejs', 'node.js', 'acdc', 'ac dc']],
  // Plurals
  ['Enamel mug', ['enamel mugs', 'mugs enamel', 'enamel mug'], ['enamel muggy']],
  ['Shaving brush', ['brushes shaving', 'shaving brushes']],
  ['Forest berries', ['forest berry', 'berry forest']],
  ['Cookie box', ['cookies boxes', 'boxes cookie']],
  ['Paring knives', ['knife paring', 'paring knife']],
  ['Lens cloth', ['lenses cloth', 'cloths lens']],
  ['Wine glass', ['wine glasses', 'glasses wine'], ['wines glas glasss']],
  ['Swimming cape', ['swimming capes'], ['swimming caps']],
  // Scripts without spaces
  ['有機緑茶', ['緑茶', '有機', '緑', '茶', '機緑茶', '有機緑茶'], ['茶緑', '緑機']],
  ['コーヒー豆セット', ['豆', 'コーヒー', 'コーヒー豆', 'セット', '豆 コーヒー'], ['豆コーヒー']],
  ['กาแฟคั่วบดอย่างดี', ['คั่ว', 'กาแฟ', 'อย่างดี', 'บด'], ['คว']],
  ['녹차선물세트', ['선물', '세트', '녹차', '차']],
  ['USBケーブル2m', ['usb', 'ケーブル', 'usbケーブル', 'ケーブル 2m', '2 m usb']],
]

describe('a search as people type it', () => {
  beforeAll(async () => {
    for (const [text] of CASES) {
      await aProduct({ name: text, description: '' })
      await aProduct({ name: 'Described', description: text })
    }
  })

  it.each(CASES)('%s', async (text, finding, missing = []) => {
    for (const search of finding) {
      const { body } = await get(`/api/products/?page_size=100&search=${encodeURIComponent(search)}`)
      const names = body.results.map(({ name }: { name: string }) => name)
      expect(names, search).toContain(text)
      if (!SPACED_OUT.has(search)) {
        const descriptions = body.results.map(({ description }: { description: string }) => description)
        expect(descriptions, search).toContain(text)
      }
    }
    for (const search of missing) {
      const { body } = await get(`/api/products/?page_size=100&search=${encodeURIComponent(search)}`)
      const texts = body.results.flatMap(({ name, description }: Record<string, string>) => [
        name,
        description,
      ])
      expect(texts, search).not.toContain(text)
    }
  })

  it('ranks exact words before softened ones, and those by the name first', async () => {
    for (const [name, description] of [
      ['A thing', 'goes with a gizmo'],
      ['Gizmo', 'soft, in the name'],
      ['Another thing', 'goes with gizmos'],
      ['Gizmos', 'exact, in the name'],
    ] as const)
      await aProduct({ name, description })
    expect(await found('gizmos')).toEqual(['Gizmos', 'Another thing', 'Gizmo', 'A thing'])
    expect((await found('gizmo')).toSorted()).toEqual(['A thing', 'Another thing', 'Gizmo', 'Gizmos'])
    expect(await found('gizmo thing')).toEqual(['A thing', 'Another thing'])
  })
})

/** Only the words of a name are joined over any space. */
const SPACED_OUT = new Set(['coffeemaker'])

describe('?ordering=name', () => {
  const NAMES = [
    '0.25 l bottle', '0.5 l bottle', '1 l bottle', '“Éclair”', 'eclair tin', 'Łódź map', 'lodz plan', 'Size 2', 'SIZE 9',
    'size\u00a010', 'Size 10b', 'Size 1,000', 'Zebra', 'ёлка', 'Жук', 'İzmir',
  ] // prettier-ignore
  const SORTED = [
    '0.25 l bottle', '0.5 l bottle', '1 l bottle', '“Éclair”', 'eclair tin', 'İzmir', 'Łódź map', 'lodz plan', 'Size 2',
    'SIZE 9', 'size\u00a010', 'Size 10b', 'Size 1,000', 'Zebra', 'ёлка', 'Жук',
  ] // prettier-ignore

  it('is natural: numbers by value, accents beside their letter, case aside; by pages and with a price bound', async () => {
    const { id: category, name: of } = await aCategory()
    for (const name of NAMES) await aProduct({ name, category })
    const names = async (query: string) => {
      const all: string[] = []
      let next: string | null = `/api/products/?category=${of}&page_size=5&${query}`
      while (next !== null) {
        const { body }: Answer = await get(next)
        all.push(...body.results.map(({ name }: { name: string }) => name))
        next = body.next
      }
      return all
    }
    expect(await names('ordering=name')).toEqual(SORTED)
    expect(await names('ordering=-name')).toEqual(SORTED.toReversed())
    expect(await names('ordering=name&min_price=1')).toEqual(SORTED)
    expect(await names(`ordering=name&search=${of}`)).toEqual(SORTED)
  })

  it('is so for categories', async () => {
    for (const name of ['Rack 10', 'Rack 9', 'Räck 9b']) await aCategory({ name })
    const { body } = await get('/api/categories/?page_size=100')
    const racks = body.results
      .map(({ name }: { name: string }) => name)
      .filter((name: string) => /^R.ck/.test(name))
    expect(racks).toEqual(['Rack 9', 'Räck 9b', 'Rack 10'])
  })
})
