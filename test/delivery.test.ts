import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { EdgeCache } from './edge.ts'
import { type Answer, get, ORIGIN, usageOf } from './http.ts'
import { integrityViolations } from './integrity.ts'
import {
  aCustomer,
  aDeliveryOption,
  aProduct,
  noAddressFields,
  type Person,
  simultaneously,
  stockOf,
  theOwner,
} from './shop.ts'

const PATH = '/api/admin/delivery-options/'

/** Each test has a shop without options. */
afterEach(() => env.DB.prepare('DELETE FROM delivery_options').run())

const staff = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  (await theOwner()).call(method, path, { body, headers })

const anOption = (given: Record<string, unknown> = {}) => aDeliveryOption({ active: true, ...given })

const REQUIRED = 'This field is required.'

const recipient = { name: 'Ann', phone: '1' }
const inGermany = { ...recipient, country: 'DE' }

/** A customer with goods of this value in the cart. */
async function aBuyer(price = '10.00', quantity = 1): Promise<{ ann: Person; product: { id: number } }> {
  const [ann, product] = [await aCustomer(), await aProduct({ price })]
  await ann.adds(product, quantity)
  return { ann, product }
}

describe('/api/admin/delivery-options/', () => {
  it('creates, reads, changes and deletes an option, and the audit log has it', async () => {
    const given = { name: ' Parcel ', price: 4.9, free_from: '50', countries: ['de', 'AT', 'DE'] }
    const created = await staff('POST', PATH, given)
    const option = {
      id: created.body.id,
      name: 'Parcel',
      price: '4.90',
      free_from: '50.00',
      countries: ['AT', 'DE'],
      active: true,
    }
    expect([created.status, created.body]).toEqual([201, option])
    const path = `${PATH}${option.id}/`
    expect(created.headers.get('Location')).toBe(path)
    const read = await staff('GET', path)
    expect([read.body, read.headers.get('ETag')]).toEqual([option, created.headers.get('ETag')])
    const patched = await staff('PATCH', path, { price: '5.90', active: false, free_from: null })
    expect(patched.body).toEqual({ ...option, price: '5.90', active: false, free_from: null })
    const replaced = await staff('PUT', path, { name: 'Letter', price: '1.00' })
    const letter = { name: 'Letter', price: '1.00', free_from: null, countries: [], active: true }
    expect(replaced.body).toEqual({ id: option.id, ...letter })
    expect((await staff('GET', PATH)).body).toMatchObject({ count: 1, results: [replaced.body] })
    expect((await staff('DELETE', path)).status).toBe(204)
    expect((await staff('GET', path)).status).toBe(404)
    const { body: log } = await staff('GET', '/api/admin/audit-log/?page_size=4')
    expect(log.results.map((entry: { method: string }) => entry.method)).toEqual([
      'DELETE',
      'PUT',
      'PATCH',
      'POST',
    ])
  })

  it('refuses an edit of what somebody else has changed', async () => {
    const option = await anOption()
    const path = `${PATH}${option.id}/`
    const tag = (await staff('GET', path)).headers.get('ETag')!
    expect((await staff('PATCH', path, { price: '1' }, { 'If-Match': tag })).status).toBe(200)
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const body = method === 'DELETE' ? undefined : { name: 'Late', price: '9' }
      expect(await staff(method, path, body, { 'If-Match': tag })).toBeProblem(412, 'precondition_failed')
    }
    expect((await staff('GET', path)).body.price).toBe('1.00')
  })

  it.each([
    ['name', '', 'empty'],
    ['price', '-1', 'not_amount'],
    ['price', '100000.00', 'not_amount'],
    ['free_from', 'much', 'not_amount'],
    ['countries', 'DE', 'wrong_type'],
    ['active', 'yes', 'wrong_type'],
  ])('refuses as %s %j', async (field, value, code) => {
    const { body, status } = await staff('POST', PATH, { name: 'Parcel', price: '1', [field]: value })
    expect([status, body.error_codes[field]?.[0].code]).toEqual([400, code])
  })

  it('refuses a country that there is not', async () => {
    const { body, status } = await staff('POST', PATH, { name: 'P', price: '1', countries: ['DE', 'UK'] })
    expect([status, Object.values(body.error_codes)]).toEqual([400, [[{ code: 'not_country' }]]])
  })

  it('keeps at most 50, also when all are made at once', async () => {
    const statuses = await simultaneously(53, async () => {
      return (await staff('POST', PATH, { name: 'Parcel', price: '1' })).status
    })
    expect(statuses.filter((status) => status === 201)).toHaveLength(50)
    expect(await staff('POST', PATH, { name: 'Parcel', price: '1' })).toBeProblem(
      409,
      'too_many_delivery_options',
    )
  })
})

describe('GET /api/delivery-options/', () => {
  it('lists active options by price, those that serve a country', async () => {
    const [dear, cheap] = [await anOption({ price: '9' }), await anOption({ price: '1', countries: ['DE'] })]
    await anOption({ active: false })
    const ids = async (query: string) =>
      (await get(`/api/delivery-options/${query}`)).body.results.map(({ id }: { id: number }) => id)
    expect(await ids('')).toEqual([cheap.id, dear.id])
    expect(await ids('?country=de')).toEqual([cheap.id, dear.id])
    expect(await ids('?country=FR')).toEqual([dear.id])
    expect(await get('/api/delivery-options/?country=UK')).toBeProblem(400, 'invalid_request', {
      errors: { country: [expect.stringContaining('country code')] },
    })
    const { body } = await get('/api/delivery-options/?page_size=1')
    expect((await get(body.next)).body.results).toEqual([dear])
  })

  it('is cached at the edge until staff change an option', async () => {
    const option = await anOption({ price: '1' })
    const cache = new EdgeCache()
    const prices = async () => {
      const answer = await cache.fetch(new Request(`${ORIGIN}/api/delivery-options/`))
      const { results } = await answer.json<{ results: { price: string }[] }>()
      return results.map(({ price }) => price)
    }
    expect(await prices()).toEqual(['1.00'])
    await env.DB.prepare('UPDATE delivery_options SET price_cents = 200').run()
    expect(await prices()).toEqual(['1.00'])
    const { access } = await theOwner()
    const edit = new Request(`${ORIGIN}${PATH}${option.id}/`, {
      method: 'PATCH',
      headers: { Authorization: `Bearer ${access}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ price: '3' }),
    })
    expect((await cache.fetch(edit)).status).toBe(200)
    await cache.settle()
    expect(await prices()).toEqual(['3.00'])
  })
})

describe('an order', () => {
  it('of a shop without options has no delivery, in one round trip', async () => {
    const { ann } = await aBuyer()
    const placed = await ann.orders()
    expect(placed.body).toMatchObject({ delivery: null, total_price: '10.00' })
    expect(usageOf(placed).round_trips).toBe(1)
  })

  it('includes its delivery in the total, in one round trip, and keeps it when the option changes', async () => {
    const option = await anOption({ name: 'Parcel', price: '4.90' })
    const { ann } = await aBuyer('10.00', 2)
    const placed = await ann.orders({ delivery_option: option.id, expected_total: '24.90' })
    expect(placed.body).toMatchObject({
      delivery: { name: 'Parcel', price: '4.90' },
      total_price: '24.90',
      taxes: [],
    })
    expect(usageOf(placed).round_trips).toBe(1)
    await staff('PATCH', `${PATH}${option.id}/`, { name: 'Lorry', price: '99' })
    expect(await ann.orderHistory()).toEqual([placed.body])
    await staff('DELETE', `${PATH}${option.id}/`)
    expect((await ann.cancels(placed.body)).body.order).toMatchObject({ status: 'Cancelled' })
    expect(await integrityViolations()).toEqual({})
  })

  it.each([
    ['49.99', '4.90', '54.89'],
    ['50.00', '0.00', '50.00'],
    ['50.01', '0.00', '50.01'],
  ])('of goods for %s from which delivery is free at 50 pays %s for it', async (goods, price, total) => {
    const option = await anOption({ name: 'Parcel', price: '4.90', free_from: '50' })
    const { ann } = await aBuyer(goods)
    const { body } = await ann.orders({ delivery_option: option.id })
    expect(body).toMatchObject({ delivery: { name: 'Parcel', price }, total_price: total })
  })

  it('is refused when the price of its delivery has changed since the customer looked', async () => {
    const option = await anOption({ price: '5.90' })
    const { ann, product } = await aBuyer()
    const order = { delivery_option: option.id, expected_total: '14.90' }
    expect(await ann.orders(order)).toBeProblem(409, 'total_changed', { total_price: '15.90' })
    expect(await stockOf(product)).toBe(10)
    expect((await ann.orders({ ...order, expected_total: '15.90' })).status).toBe(201)
  })

  it('needs a delivery where the shop has an active option, and a country where options have some', async () => {
    const [german, none] = [await anOption({ countries: ['DE'] }), await anOption({ active: false })]
    const { ann, product } = await aBuyer()
    const required = (field: string) => ({ errors: { [field]: [REQUIRED] } })
    expect(await ann.orders()).toBeProblem(400, 'invalid_request', required('delivery_option'))
    expect(await ann.orders({ ship_to: inGermany })).toBeProblem(
      400,
      'invalid_request',
      required('delivery_option'),
    )
    const inFrance = { ...recipient, country: 'FR' }
    const chosen = { delivery_option: german.id }
    expect(await ann.orders(chosen)).toBeProblem(400, 'invalid_request', required('ship_to.country'))
    for (const refused of [
      { ship_to: inFrance },
      { ship_to: inFrance, ...chosen },
      { ship_to: inGermany, delivery_option: none.id },
      { ship_to: inGermany, delivery_option: 999_999_999 },
    ])
      expect(await ann.orders(refused)).toBeProblem(409, 'delivery_unavailable')
    expect(await stockOf(product)).toBe(10)
    expect((await ann.cart()).items).toHaveLength(1)
    await ann.call('PATCH', '/api/users/profile/', { body: { country: 'de' } })
    expect((await ann.orders(chosen)).body.ship_to.country).toBe('DE')
  })

  it('of a shop without active options cannot name one', async () => {
    const { ann } = await aBuyer()
    expect(await ann.orders({ delivery_option: 1 })).toBeProblem(409, 'delivery_unavailable')
    expect((await ann.orders({ delivery_option: 'x' })).body.errors).toHaveProperty('delivery_option')
  })

  it('counts its delivery among what an account may have open, and in the largest total', async () => {
    const option = await anOption({ price: '4.90' })
    const { ann } = await aBuyer('95.10')
    Object.assign(env, { MAX_OPEN_VALUE: '99.99' })
    try {
      expect(await ann.orders({ delivery_option: option.id })).toBeProblem(409, 'too_many_open_orders', {
        limit: { orders: null, units: null, value: '99.99' },
        open: { orders: 0, units: 0, value: '0.00' },
      })
    } finally {
      Object.assign(env, { MAX_OPEN_VALUE: '' })
    }
    const { ann: bob } = await aBuyer('99999999.99')
    expect(await bob.orders({ delivery_option: option.id })).toBeProblem(409, 'total_too_large')
  })

  it('is placed once by simultaneous requests, with one delivery', async () => {
    const option = await anOption()
    const { ann } = await aBuyer()
    const answers = await simultaneously(4, () => ann.orders({ delivery_option: option.id }))
    expect(answers.map(({ status }: Answer) => status).toSorted((a, b) => a - b)).toEqual([
      201, 400, 400, 400,
    ])
    expect(await integrityViolations()).toEqual({})
  })
})

describe('an address in fields', () => {
  const fields = {
    country: 'DE',
    postal_code: '10117',
    city: 'Berlin',
    line1: 'Unter den Linden 1',
    line2: null,
  }

  it('is kept with the order, cleaned, and shown to staff', async () => {
    const { ann } = await aBuyer()
    const typed = { ...recipient, ...fields, country: ' de ', city: '  Berlin ', line2: ' ' }
    const { body: order } = await ann.orders({ ship_to: typed })
    expect(order.ship_to).toEqual({ ...recipient, address: null, ...fields })
    expect((await staff('GET', `/api/admin/orders/${order.id}/`)).body.ship_to).toEqual(order.ship_to)
  })

  it('comes from the profile, which keeps the fields that a PATCH leaves out', async () => {
    const { ann } = await aBuyer()
    const profile = (method: string, body: object) => ann.call(method, '/api/users/profile/', { body })
    await profile('PATCH', fields)
    expect((await profile('PATCH', { line2: 'c/o Bob' })).body).toMatchObject({ ...fields, line2: 'c/o Bob' })
    expect((await ann.orders()).body.ship_to).toMatchObject({ ...fields, line2: 'c/o Bob' })
    expect((await profile('PUT', recipient)).body).toMatchObject({ ...recipient, ...noAddressFields })
    await profile('PATCH', fields)
    const unchosen = Object.fromEntries(Object.keys(fields).map((name) => [name, ''])) // as a form sends it
    expect((await profile('PATCH', unchosen)).body).toMatchObject(noAddressFields)
  })

  it.each([
    ['country', 'Germany', 'not_country'],
    ['country', 'UK', 'not_country'],
    ['country', 'ß', 'not_country'],
    ['postal_code', '1'.repeat(21), 'too_long'],
    ['city', 'x'.repeat(201), 'too_long'],
    ['line1', 'a\nb', 'control_characters'],
    ['line2', 7, 'wrong_type'],
  ])('is refused with %s %j', async (field, value, code) => {
    const { ann } = await aBuyer()
    const { status, body } = await ann.orders({ ship_to: { ...recipient, [field]: value } })
    expect([status, body.error_codes[`ship_to.${field}`]?.[0].code]).toEqual([400, code])
  })

  it('is required by REQUIRE_ADDRESS, in the body or in the profile', async () => {
    const { ann, product } = await aBuyer()
    Object.assign(env, { REQUIRE_ADDRESS: 'on' })
    try {
      expect(await ann.orders()).toBeProblem(400, 'invalid_request', {
        errors: { ship_to: [REQUIRED] },
      })
      expect(await ann.orders({ ship_to: { ...recipient, city: 'Berlin', line1: ' ' } })).toBeProblem(
        400,
        'invalid_request',
        {
          errors: {
            'ship_to.country': [REQUIRED],
            'ship_to.postal_code': [REQUIRED],
            'ship_to.line1': [REQUIRED],
          },
        },
      )
      expect(await stockOf(product)).toBe(10)
      await ann.call('PATCH', '/api/users/profile/', { body: fields })
      expect((await ann.orders()).status).toBe(201)
    } finally {
      Object.assign(env, { REQUIRE_ADDRESS: '' })
    }
  })
})
