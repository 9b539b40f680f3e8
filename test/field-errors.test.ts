import { describe, expect, it } from 'vitest'
import errorsPage from '../docs/errors.md?raw'
import document from '../public/openapi.json'
import { fieldErrorRows } from '../scripts/openapi/field-errors.ts'
import { type Answer, post } from './http.ts'
import { aCustomer, aProduct, aRegisteredCustomer, PASSWORD, staffEdits, theOwner, unique } from './shop.ts'

/** `call` checks in every test that each message of `errors` has its code in `error_codes`. */

/** The codes of an answer by field. */
function codesOf({ body }: Answer): Record<string, string[]> {
  const entries = Object.entries<{ code: string }[]>(body.error_codes)
  return Object.fromEntries(entries.map(([field, errors]) => [field, errors.map(({ code }) => code)]))
}

describe('a registration', () => {
  const registering = (given: Record<string, unknown>) =>
    post('/api/users/register/', {
      email: `ann-${unique()}@example.com`,
      password: PASSWORD,
      name: 'Ann Winterbourne',
      phone: '1',
      ...given,
    })

  it('gets all messages at once, each with its code', async () => {
    const answer = await registering({ email: 'ann', password: '9073', name: '', phone: 'call me' })
    expect(answer).toBeProblem(400, 'invalid_request', {
      errors: {
        email: ['Must be an e-mail address.'],
        password: ['Must have at least 8 characters.', 'The password must not consist of digits only.'],
        name: ['Must not be empty.'],
        phone: [expect.stringContaining('Must be a phone number')],
      },
      error_codes: {
        email: [{ code: 'not_email' }],
        password: [{ code: 'too_short', min: 8 }, { code: 'digits_only' }],
        name: [{ code: 'empty' }],
        phone: [{ code: 'not_phone', max: 40, max_digits: 20 }],
      },
    })
  })

  it.each([
    [
      { password: 'short', phone: '' },
      { password: ['too_short'], phone: ['not_phone'] },
    ],
    [
      { password: 'password1', phone: '' },
      { password: ['too_common'], phone: ['not_phone'] },
    ],
    [
      { password: '12345678', phone: '' },
      { password: ['digits_only', 'too_common'], phone: ['not_phone'] },
    ],
    [{ password: '12345678' }, { password: ['digits_only', 'too_common'] }],
    [
      { password: 'Winterbourne1', phone: '' },
      { password: ['like_name'], phone: ['not_phone'] },
    ],
    [
      { password: 'Winterbourne1', address: 7 },
      { password: ['like_name'], address: ['wrong_type'] },
    ],
    [
      { password: 'Winterbourne1', phone: '1'.repeat(200) },
      { password: ['like_name'], phone: ['too_long'] },
    ],
    [
      { password: 'summerbottom', email: 'summerbottom@' },
      { password: ['like_email'], email: ['not_email'] },
    ],
    [
      { password: 'summerbottom', email: 'summerbottom@example.com', phone: undefined },
      { password: ['like_email'], phone: ['required'] },
    ],
    [
      { password: 'short', name: 7, email: {} },
      { password: ['too_short'], name: ['wrong_type'], email: ['wrong_type'] },
    ],
    [
      { password: 'x'.repeat(129), phone: '' },
      { password: ['too_long'], phone: ['not_phone'] },
    ],
    [
      { password: 7, phone: '' },
      { password: ['wrong_type'], phone: ['not_phone'] },
    ],
    [
      { password: null, phone: '' },
      { password: ['required'], phone: ['not_phone'] },
    ],
    [
      { password: ['a'], phone: '' },
      { password: ['not_single'], phone: ['not_phone'] },
    ],
    [
      { password: '\ud800 battery', phone: '' },
      { password: ['not_unicode'], phone: ['not_phone'] },
    ],
    [
      { name: 'Ann \ud800', address: 'Road\u0000' },
      { name: ['not_unicode'], address: ['control_characters'] },
    ],
  ])('with %j is %j', async (given, codes) => {
    expect(codesOf(await registering(given))).toEqual(codes)
  })
})

describe('another form', () => {
  it('to change a password gets all messages at once', async () => {
    const ann = await aRegisteredCustomer()
    const changing = async (body: object) => codesOf(await ann.call('POST', '/api/users/password/', { body }))
    const wrong = { current_password: ['wrong_password'] }
    expect(await changing({ current_password: 'wrong', new_password: 'a good one' })).toEqual(wrong)
    expect(await changing({ current_password: 'wrong', new_password: 'short' })).toEqual({
      ...wrong,
      new_password: ['too_short'],
    })
    expect(await changing({ current_password: 'wrong', new_password: 'password1' })).toEqual({
      ...wrong,
      new_password: ['too_common'],
    })
    expect(await changing({ current_password: 'wrong', new_password: ann.email })).toEqual({
      ...wrong,
      new_password: ['like_email'],
    })
    expect(await changing({ new_password: 'short' })).toEqual({
      current_password: ['required'],
      new_password: ['too_short'],
    })
    expect(await changing({ current_password: PASSWORD, new_password: '9073' })).toEqual({
      new_password: ['too_short', 'digits_only'],
    })
  })

  it('of a product gets all messages at once', async () => {
    const { access } = await theOwner()
    const creating = { name: '', description: 'x', price: '1.001', stock: -1, category: 999_999 }
    expect(codesOf(await post('/api/admin/products/', creating, { token: access }))).toEqual({
      name: ['empty'],
      price: ['not_amount'],
      stock: ['not_integer'],
      category: ['no_such_category'],
    })
    const product = await aProduct()
    expect(codesOf(await staffEdits(product, { price: 'x', stock: 1, stock_delta: 1 }))).toEqual({
      price: ['not_amount'],
      stock_delta: ['not_both'],
    })
    expect(codesOf(await staffEdits(product, { price: 'x', category: product.category }))).toEqual({
      price: ['not_amount'],
    })
  })

  it('of a recipient gets all messages at once', async () => {
    const ann = await aCustomer()
    const ship_to = { name: '\u200b', phone: 'x', address: 'a'.repeat(501) }
    expect(codesOf(await ann.orders({ ship_to, expected_total: '1.001' }))).toEqual({
      'ship_to.name': ['empty'],
      'ship_to.phone': ['not_phone'],
      'ship_to.address': ['too_long'],
      expected_total: ['not_amount'],
    })
  })

  it.each([
    ['', 'body_missing'],
    ['{', 'body_not_json'],
    ['[]', 'body_not_object'],
    ['null', 'body_not_object'],
    [new Uint8Array([0x7b, 0xff, 0x7d]), 'body_not_utf8'],
  ])('%j as a whole is %s', async (body, code) => {
    expect(codesOf(await post('/api/token/', body))).toEqual({ '': [code] })
  })
})

describe('the codes', () => {
  it('are all in docs/errors.md, with their parameters', () => {
    const rows = errorsPage.split('\n').filter((line) => line.startsWith('| `'))
    const cellsOf = (row: string) => row.split('|').map((cell) => cell.trim())
    expect(rows.map(cellsOf)).toEqual(fieldErrorRows().map(cellsOf))
  })

  it('are all in the reference', () => {
    const { oneOf } = document.components.schemas.FieldError
    expect(oneOf.map(({ properties }) => properties.code.const)).toHaveLength(fieldErrorRows().length)
    expect(oneOf).toContainEqual(
      expect.objectContaining({
        required: ['code', 'min'],
        properties: { code: { const: 'too_short' }, min: { type: 'integer' } },
      }),
    )
  })
})
