import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { get, post } from './http.ts'
import {
  aCategory,
  aCustomer,
  anOrder,
  aProduct,
  loggedIn,
  noAddressFields,
  PASSWORD,
  staffEdits,
  theOwner,
  unique,
} from './shop.ts'

/** What people and their software send: each is one of a kind that the shop understands, or refuses by name. */

const registering = (given: Record<string, unknown>) =>
  post('/api/users/register/', { password: PASSWORD, name: 'Ann Winterbourne', phone: '1', ...given })

describe('an e-mail', () => {
  it.each([
    'o&leary@example.com',
    'info/sales@example.com',
    'a=b@example.com',
    '~x@example.com',
    "!#$%&'*+/=?^_`{|}~-@example.com",
    '.dots..anywhere.@example.com',
    'a@xn--e1afmkfd.xn--p1ai',
    'a@localhost',
    'a@1.2.3.4',
    `${'a'.repeat(242)}@example.com`,
  ])('%s is what a browser takes', async (email) => {
    expect((await registering({ email })).body).toMatchObject({ email })
  })

  it.each([
    'not an address',
    'a@',
    '@example.com',
    'a@@example.com',
    'a b@example.com',
    'a@b@example.com',
    'a@-example.com',
    'a@example-.com',
    'a@exa_mple.com',
    'a@example..com',
    'a@example.com.',
    'a@[1.2.3.4]',
    '"a b"@example.com',
    'jörg@example.com',
    `a@${'b'.repeat(64)}.com`,
    'a@exämple.com/path',
    'a@exämple.com:80',
    'a@exämple.com?',
    'a@ex%C3%A4mple.com',
    'a@ä%41.com',
    'a@exä mple.com',
    'a@ä..com',
    'a@ä.',
    'a@xn--ä.com',
    `a@${'ä'.repeat(64)}.com`,
  ])('%s is not', async (email) => {
    expect(await registering({ email })).toBeProblem(400, 'invalid_request', {
      errors: { email: ['Must be an e-mail address.'] },
      error_codes: { email: [{ code: 'not_email' }] },
    })
  })

  it('has at most 254 characters, with its domain in ASCII too', async () => {
    for (const email of [`${'a'.repeat(243)}@example.com`, `${'a'.repeat(200)}@${'ä.'.repeat(15)}com`]) {
      expect((await registering({ email })).body.error_codes).toEqual({
        email: [{ code: 'too_long', max: 254 }],
      })
    }
  })

  it('is shown as it was typed, and compared by its domain in ASCII', async () => {
    const name = unique()
    const typed = `${name}@Exämple.com`
    const { status, body } = await registering({ email: typed })
    expect([status, body.email]).toEqual([201, typed])
    for (const email of [
      typed,
      `${name}@EXÄMPLE.COM`,
      `${name}@exa\u0308mple.com`,
      `${name}@exämple。com`,
      `${name}@xn--exmple-cua.com`,
      `${name}@ex\u00ad\u00e4mple.com\u200b`,
    ]) {
      expect(await registering({ email })).toBeProblem(409, 'email_taken')
      expect((await post('/api/token/', { email, password: PASSWORD })).status).toBe(200)
    }
    const tokens = await loggedIn(body.id, 0)
    expect((await get('/api/users/profile/', { token: tokens.access })).body.email).toBe(typed)
    await post('/api/cart/', { product_id: (await aProduct()).id }, { token: tokens.access })
    const { body: order } = await post('/api/orders/', undefined, { token: tokens.access })
    expect(order.user).toBe(typed)
    const { access } = await theOwner()
    for (const email of [typed, `${name}@xn--exmple-cua.com`]) {
      const path = `/api/admin/orders/?email=${encodeURIComponent(email)}`
      expect((await get(path, { token: access })).body.results).toEqual([order])
    }
    expect(await env.DB.prepare('SELECT email_key FROM users WHERE id = ?').bind(body.id).first()).toEqual({
      email_key: `${name}@xn--exmple-cua.com`,
    })
  })

  it.each([
    'a@faß.de',
    'a@пример.рф',
    'a@例え.jp',
    'a@bücher.example',
    'a@نامه\u200cای.com',
    'a@ex\u00e4mple\u00b7.com',
  ])('%s may have its domain in any script', async (email) => {
    expect((await registering({ email: `${unique()}${email}` })).status).toBe(201)
  })

  it('loses invisible characters', async () => {
    const email = `ann-${unique()}@example.com`
    const { body } = await registering({ email: `\u202a\u200b${email} \u202c` })
    expect(body.email).toBe(email)
  })
})

describe('a phone number', () => {
  it.each([
    ['030/1234567', '030/1234567'],
    ['555.555.5555', '555.555.5555'],
    ['+49 (0)30 123456-78', '+49 (0)30 123456-78'],
    ['+49 [0]30 123456', '+49 [0]30 123456'],
    ['(+44) 20 7946 0000', '(+44) 20 7946 0000'],
    ['0049 30 123456', '0049 30 123456'],
    ['555-0100 ext. 5', '555-0100 ext. 5'],
    ['555-0100 Ext 5', '555-0100 Ext 5'],
    ['555-0100, extension 12', '555-0100, extension 12'],
    ['+1 (555) 555-0100 x12', '+1 (555) 555-0100 x12'],
    ['555-0100x12', '555-0100x12'],
    ['555-0100 #5', '555-0100 #5'],
    ['+1-555-0100;ext=5', '+1-555-0100;ext=5'],
    ['+1 555 0100,,5', '+1 555 0100,,5'],
    ['030 1234 Durchwahl 5', '030 1234 Durchwahl 5'],
    ['\u202a+44\u00a020\u00a07946\u00a00000\u202c', '+44 20 7946 0000'],
    ['020\u20117946\u20110000', '020-7946-0000'],
    ['020\u20137946\u20140000\u22121', '020-7946-0000-1'],
    ['０３－１２３４－５６７８', '03-1234-5678'],
    ['03ー1234ー5678', '03-1234-5678'],
    ['（０３）１２３４', '(03)1234'],
    ['＋８１\u3000３', '+81 3'],
    ['٠٣٠ ١٢٣٤', '030 1234'],
    ['०१२३४५६७८९', '0123456789'],
    ['020\u200b7946\u2060\ufeff1', '02079461'],
    ['030 123·456', '030 123.456'],
    ['  030\t1234 \n', '030 1234'],
    ['030\u2009\u202f1234', '030 1234'],
    ['tel:+49-30-1234', '+49-30-1234'],
    [' tel: +49 30 1234', '+49 30 1234'],
    ['1'.repeat(20), '1'.repeat(20)],
  ])('%j is kept as %j', async (phone, kept) => {
    const ann = await aCustomer()
    const { body } = await ann.call('PATCH', '/api/users/profile/', { body: { phone } })
    expect(body.phone).toBe(kept)
  })

  it.each([
    '',
    '   ',
    '\u200b',
    '()',
    '+',
    'call me',
    'ext. 5',
    'x12',
    '#5',
    '030 1234 or 5678',
    '030 1234 ext.',
    '030 1234 ext. 5 ext. 6',
    '030_1234',
    '<b>1</b>',
    '1'.repeat(21),
    `1${'-'.repeat(40)}`,
    `1${' ('.repeat(20)}`,
    'ⅷ',
  ])('%j is refused', async (phone) => {
    const ann = await aCustomer()
    expect(await ann.call('PATCH', '/api/users/profile/', { body: { phone } })).toBeProblem(
      400,
      'invalid_request',
      {
        errors: { phone: [expect.stringMatching(/^Must be a phone number/)] },
        error_codes: { phone: [{ code: 'not_phone', max: 40, max_digits: 20 }] },
      },
    )
  })

  it('is cleaned where an order is shipped to, too', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    const { body } = await ann.orders({ ship_to: { name: 'Ann', phone: '０３０\u00a0１\u2011５ x2' } })
    expect(body.ship_to).toEqual({ name: 'Ann', phone: '030 1-5 x2', address: null, ...noAddressFields })
  })
})

describe('null in an optional field', () => {
  it('is a field that was not given', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 5 })
    const added = await ann.call('POST', '/api/cart/', { body: { product_id: product.id, quantity: null } })
    expect([added.status, added.body.items[0].quantity]).toEqual([201, 1])
    const placed = await ann.orders({ ship_to: null, expected_total: null })
    expect(placed.body.ship_to).toEqual({
      name: ann.name,
      phone: '+1 555 0100',
      address: '1 Main Street',
      ...noAddressFields,
    })
    expect((await staffEdits(product, { stock: null, stock_delta: -1, name: null })).body).toMatchObject({
      name: product.name,
      stock: 3,
    })
    expect((await staffEdits(product, { stock: 7, stock_delta: null })).body.stock).toBe(7)
    const unchanged = await ann.call('PATCH', '/api/users/profile/', {
      body: { name: null, phone: null, email: null, id: null, password: null },
    })
    expect([unchanged.status, unchanged.body]).toEqual([
      200,
      {
        id: ann.id,
        email: ann.email,
        name: ann.name,
        phone: '+1 555 0100',
        address: '1 Main Street',
        ...noAddressFields,
      },
    ])
    expect((await aCategory({ description: null })).description).toBe('')
  })

  it('means no address, also in a nested field', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    const { body } = await ann.orders({ ship_to: { name: 'Ann', phone: '1', address: null } })
    expect(body.ship_to.address).toBeNull()
    const cleared = await ann.call('PATCH', '/api/users/profile/', { body: { address: null } })
    expect([cleared.body.name, cleared.body.address]).toEqual([ann.name, null])
  })

  it('is missing where the field is required, also in a nested field', async () => {
    const ann = await aCustomer()
    expect(await ann.call('POST', '/api/cart/', { body: { product_id: null } })).toBeProblem(
      400,
      'invalid_request',
      { errors: { product_id: ['This field is required.'] } },
    )
    expect(await ann.orders({ ship_to: { name: null, phone: '1' } })).toBeProblem(400, 'invalid_request', {
      errors: { 'ship_to.name': ['This field is required.'] },
    })
  })
})

describe('a query parameter', () => {
  it.each([
    'categry=Tea',
    'utm_source=mail',
    '_=1700000000',
    '1700000000',
    'Page=2',
    'category[a]=Tea',
    '__proto__=1',
    'category.0=Tea',
    'constructor=1',
    'page_size[][]=1',
  ])('%s is refused by name if the list does not know it', async (parameter) => {
    const [name] = parameter.split('=')
    const answer = await get(`/api/products/?${parameter}&in_stock=true`)
    expect(answer).toBeProblem(400, 'invalid_request', {
      errors: JSON.parse(
        `{"${name}":["This route takes only page_size, cursor, page, category, min_price, max_price, in_stock, search, ordering."]}`,
      ),
    })
  })

  it('is refused together with what is wrong with others', async () => {
    const { body } = await get('/api/products/?categry=Tea&page_size=0')
    expect(Object.keys(body.errors).toSorted()).toEqual(['categry', 'page_size'])
  })

  it('is refused in a bounded answer', async () => {
    const many = Array.from({ length: 1000 }, (_, n) => `p${n}`).join('&')
    const { status, text } = await get(`/api/products/?${many}`)
    expect(status).toBe(400)
    expect(text.length).toBeLessThan(8000)
  })

  it('is refused by every route that takes none', async () => {
    const [ann, owner] = [await aCustomer(), await theOwner()]
    const [product, order] = [await aProduct(), await anOrder(ann)]
    const requests: [string, string, string?][] = [
      ['GET', '/api/'],
      ['GET', '/api/health/'],
      ['GET', `/api/products/${product.id}/`],
      ['HEAD', `/api/products/${product.id}/`],
      ['GET', '/api/cart/', ann.access],
      ['DELETE', '/api/cart/', ann.access],
      ['GET', `/api/orders/${order.id}/`, ann.access],
      ['POST', '/api/orders/', ann.access],
      ['POST', `/api/orders/${order.id}/cancel/`, ann.access],
      ['GET', '/api/users/profile/', ann.access],
      ['POST', '/api/token/'],
      ['DELETE', `/api/admin/products/${product.id}/`, owner.access],
    ]
    for (const [method, path, token] of requests) {
      const answer = await ann.call(method, `${path}?expand=all`, token === undefined ? {} : { token })
      expect([path, answer.status]).toEqual([path, 400])
      if (method !== 'HEAD')
        expect(answer.body.error_codes).toEqual({ expand: [{ code: 'unknown_parameter', known: [] }] })
    }
    expect((await ann.call('GET', `/api/orders/${order.id}/`)).body.status).toBe('Pending')
  })

  it('does not hide that a path or method does not exist', async () => {
    expect(await get('/api/nothing/?a=1')).toBeProblem(404, 'not_found')
    expect(await post('/api/products/?a=1', {})).toBeProblem(405, 'method_not_allowed')
  })

  it.each(['/api/orders/events/', '/api/admin/orders/events/'])(
    'is refused by the stream %s',
    async (path) => {
      const { access } = await theOwner()
      const stream = { token: access, headers: { Accept: 'text/event-stream' } }
      expect(await get(`${path}?sinc=1`, stream)).toBeProblem(400, 'invalid_request', {
        errors: { sinc: ['This route takes only since.'] },
      })
    },
  )

  it('may be written as an element of a list', async () => {
    const [tea, coffee] = [await aCategory(), await aCategory()]
    const [one, other] = [await aProduct({ category: tea.id }), await aProduct({ category: coffee.id })]
    const [a, b] = [encodeURIComponent(tea.name), encodeURIComponent(coffee.name)]
    const ids = async (query: string) =>
      (await get(`/api/products/?${query}`)).body.results.map(({ id }: { id: number }) => id)
    for (const query of [
      `category[]=${a}`,
      `category%5B%5D=${a}`,
      `category[0]=${a}`,
      `category[]=${a}&category[]=`,
    ])
      expect(await ids(query)).toEqual([one.id])
    for (const query of [
      `category[]=${a}&category[]=${b}`,
      `category[0]=${a}&category[1]=${b}`,
      `category=${a}&category[]=${b}`,
    ])
      expect(await ids(query)).toEqual([one.id, other.id])
    expect((await get('/api/products/?page_size[]=1')).body.results).toHaveLength(1)
  })

  it('has one value where it takes one', async () => {
    for (const query of [
      'page_size=1&page_size=2',
      'page_size[]=1&page_size[]=2',
      'page_size=1&page_size[0]=1',
    ])
      expect(await get(`/api/products/?${query}`)).toBeProblem(400, 'invalid_request', {
        errors: { page_size: ['Must be a single value, not a list.'] },
      })
    expect((await get('/api/products/?in_stock=true&in_stock=false')).body.error_codes).toEqual({
      in_stock: [{ code: 'not_single' }],
    })
  })

  it('as an element of a list leads to the next page', async () => {
    await aProduct()
    await aProduct()
    const first = await get('/api/products/?page[]=1&page_size[]=1&in_stock[0]=true')
    const query = new URL(first.body.next).searchParams
    expect([...query.keys()].toSorted()).toEqual(['cursor', 'in_stock', 'page_size'])
    const second = await get(first.body.next)
    expect(second.body.results).toHaveLength(1)
    expect(second.body.results).not.toEqual(first.body.results)
  })
})

describe('a number', () => {
  it.each([
    ['29.000000', '29.00'],
    ['29.5000', '29.50'],
    ['0.00', '0.00'],
    ['0.000', '0.00'],
    [29, '29.00'],
    [1e2, '100.00'],
    [29.5, '29.50'],
    ['99999999.9900', '99999999.99'],
  ])('%j is an amount: %s', async (price, shown) => {
    expect((await aProduct({ price })).price).toBe(shown)
  })

  it.each([
    '29.001',
    '29.0010',
    '29.000001',
    29.001,
    '1e2',
    '29.',
    '.5',
    '29,00',
    '-0.01',
    '1_000',
    '0x10',
    '100000000.00',
    'Infinity',
    '',
  ])('%j is no amount', async (price) => {
    const product = await aProduct()
    expect((await staffEdits(product, { price })).body.error_codes).toEqual({
      price: [{ code: 'not_amount', min: '0.00', max: '99999999.99' }],
    })
  })

  it('that is whole may have zeros after its point', async () => {
    const product = await aProduct()
    expect((await staffEdits(product, { stock: '12.000' })).body.stock).toBe(12)
    for (const stock of ['12.5', '12.0001', '12.', 12.5, '1e1'])
      expect((await staffEdits(product, { stock })).body.error_codes).toEqual({
        stock: [{ code: 'not_integer', min: 0, max: 1_000_000_000 }],
      })
  })
})

describe('an encoded body', () => {
  it.each(['gzip', 'br', 'deflate', 'zstd', 'GZIP', 'gzip, identity', 'x-unknown'])(
    'as %s is refused',
    async (coding) => {
      const body = new Uint8Array([0x1f, 0x8b, 8, 0, 0])
      const answer = await post('/api/token/', body, { headers: { 'Content-Encoding': coding } })
      expect(answer).toBeProblem(415, 'unsupported_media_type')
      expect(answer.body.detail).toContain(coding.toLowerCase())
    },
  )

  it('is taken as identity, which is none', async () => {
    const headers = { 'Content-Encoding': 'Identity' }
    const answer = await post('/api/token/', { email: 'a@example.com', password: 'b' }, { headers })
    expect(answer).toBeProblem(401, 'invalid_credentials')
  })

  it('is refused where the body is optional', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    const gzip = { 'Content-Encoding': 'gzip' }
    expect(await ann.orders({}, gzip)).toBeProblem(415, 'unsupported_media_type')
    expect((await ann.orders(undefined, gzip)).status).toBe(201)
  })
})

describe('a password', () => {
  const elsewhere = [{ code: 'belongs_elsewhere', method: 'POST', path: '/api/users/password/' }]

  it.each(['password', 'new_password', 'current_password', 'old_password'])(
    'as %s does not belong in a profile',
    async (field) => {
      const ann = await aCustomer()
      for (const method of ['PUT', 'PATCH']) {
        const body = { name: 'Changed', phone: '2', [field]: 'correct horse battery' }
        expect(await ann.call(method, '/api/users/profile/', { body })).toBeProblem(400, 'invalid_request', {
          errors: { [field]: ['Does not belong here: send it with POST /api/users/password/.'] },
          error_codes: { [field]: elsewhere },
        })
      }
      expect((await ann.call('GET', '/api/users/profile/')).body.name).toBe(ann.name)
    },
  )

  it('does not belong in any body that takes none', async () => {
    const ann = await aCustomer()
    const product = await aProduct()
    const body = { product_id: product.id, password: 'x' }
    expect((await ann.call('POST', '/api/cart/', { body })).body.error_codes).toEqual({ password: elsewhere })
    expect((await staffEdits(product, { stock: 1, password: 'x' })).body.error_codes).toEqual({
      password: elsewhere,
    })
    expect((await ann.orders({ new_password: 'x' })).body.error_codes).toEqual({ new_password: elsewhere })
  })
})

describe('a name', () => {
  const unseen = [
    '',
    '  ',
    '\u200b',
    '\u00ad',
    '\u2060\ufeff',
    '\u200d \u200d',
    '\u3164',
    '\u2800',
    '\u202e',
    '\ufe0f',
    '\u{e0020}',
    '\u00a0\u3000',
    '\u180e',
  ]

  it.each(unseen)('that shows nothing (%j) is refused', async (name) => {
    const ann = await aCustomer()
    const { access } = await theOwner()
    const empty = { name: ['Must not be empty.'] }
    const product = await aProduct()
    expect((await ann.call('PATCH', '/api/users/profile/', { body: { name } })).body.errors).toEqual(empty)
    expect((await staffEdits(product, { name })).body.errors).toEqual(empty)
    expect((await post('/api/admin/categories/', { name }, { token: access })).body.errors).toEqual(empty)
    expect((await ann.orders({ ship_to: { name, phone: '1' } })).body.error_codes).toEqual({
      'ship_to.name': [{ code: 'empty' }],
    })
  })

  it('is kept as it is', async () => {
    const name = `Tea\u00a0 Time\u200b ${unique()}`
    expect((await aCategory({ name })).name).toBe(name)
    expect((await aProduct({ name })).name).toBe(name)
  })

  it('of a category is taken in whatever white space, case or invisible characters', async () => {
    const serial = unique()
    const { id } = await aCategory({ name: `Tea  Time ${serial}` })
    const product = await aProduct({ category: id })
    const { access } = await theOwner()
    for (const name of [
      `Tea Time ${serial}`,
      `TEA\u00a0TIME\u3000${serial}`,
      `Tea \u2003 Time\u2028${serial}`,
      `Ｔｅａ Time ${serial}`,
      `Tea\u00ad Ti\u200bme ${serial}\u2060`,
    ]) {
      expect(await post('/api/admin/categories/', { name }, { token: access })).toBeProblem(
        409,
        'category_exists',
      )
      const list = await get(`/api/products/?category=${encodeURIComponent(name)}`)
      expect(list.body).toMatchObject({ count: 1, results: [{ id: product.id }] })
    }
    expect((await aCategory({ name: `TeaTime ${serial}` })).id).not.toBe(id)
  })
})
