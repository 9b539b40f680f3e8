import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { get, post } from './http.ts'
import {
  aCategory,
  aCustomer,
  anOrder,
  aProduct,
  loggedIn,
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
