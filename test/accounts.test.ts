import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { get, post } from './http.ts'
import {
  aCustomer,
  aRegisteredCustomer,
  countBy,
  noAddressFields,
  PASSWORD,
  type Person,
  simultaneously,
  someStaff,
  unique,
} from './shop.ts'

const newAccount = (given: Record<string, unknown> = {}) => ({
  email: `new-${unique()}@example.com`,
  password: PASSWORD,
  name: 'Ann Winterbourne',
  phone: '1234567890',
  ...given,
})
const registering = (given?: Record<string, unknown>) => post('/api/users/register/', newAccount(given))

describe('POST /api/users/register/', () => {
  it('creates an account and reveals nothing secret', async () => {
    const given = newAccount({ address: '1 High Street', is_staff: true, id: 99_999 })
    const { status, body, text } = await post('/api/users/register/', given)
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.any(Number),
      email: given.email,
      name: 'Ann Winterbourne',
      address: '1 High Street',
      phone: '1234567890',
      ...noAddressFields,
    })
    expect(body.id).not.toBe(99_999)
    expect(text).not.toContain('password')
    const row = await env.DB.prepare('SELECT is_staff, password_hash FROM users WHERE id = ?')
      .bind(body.id)
      .first()
    expect(row).toEqual({ is_staff: 0, password_hash: expect.stringMatching(/^\$scrypt\$ln=14,r=8,p=5\$/) })
  })

  it.each(['password123', 'PassWord123', 'qwertyuiop', 'ｐａｓｓｗｏｒｄ', 'liverpool'])(
    'refuses the common password %j',
    async (password) => {
      const answer = await registering({ password })
      expect(answer.body).toMatchObject({ errors: { password: ['The password is too common.'] } })
    },
  )

  it('compares e-mails case-insensitively', async () => {
    const name = unique()
    const first = await registering({ email: `Ann.${name}@Example.com` })
    expect(first.status).toBe(201)
    for (const email of [
      `ann.${name}@example.com`,
      `ANN.${name}@EXAMPLE.COM`,
      ` ann.${name}@example.com `,
      `ａｎｎ.${name}@example.com`,
    ]) {
      expect(await registering({ email })).toBeProblem(409, 'email_taken')
    }
  })

  it('creates one account from simultaneous registrations', async () => {
    const given = newAccount()
    const answers = await simultaneously(4, () => post('/api/users/register/', given))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 201: 1, 409: 3 })
  })

  it.each([
    ['email', 'not an address'],
    ['email', `${'a'.repeat(250)}@example.com`],
    ['email', null],
    ['name', ''],
    ['name', '   '],
    ['name', 'x'.repeat(256)],
    ['name', 'a\u0000b'],
    ['name', '\ud800'],
    ['name', { first: 'Ann' }],
    ['phone', ''],
    ['phone', 'call me'],
    ['phone', '()'],
    ['phone', '1'.repeat(21)],
    ['address', 'x'.repeat(501)],
    ['password', 'short'],
    ['password', 'x'.repeat(129)],
    ['password', '9081726354'],
    ['password', 'ann winterbourne'],
    ['password', 'WINTERBOURNE1'],
  ])('names %s when it is %j', async (field, value) => {
    const answer = await registering({ [field]: value })
    expect(answer).toBeProblem(400, 'invalid_request', { errors: { [field]: [expect.any(String)] } })
    expect(answer.body.detail).toContain(field)
  })

  it('refuses an overlong password without comparing it', async () => {
    const password = '\u{FDFA}'.repeat(20_000)
    const answer = await registering({ password, name: `${'a '.repeat(127)}b` })
    expect(answer.body.errors).toEqual({ password: ['Must have at most 128 characters.'] })
  })

  it('refuses a password similar to the e-mail', async () => {
    const answer = await registering({
      email: 'winterbottom@example.com',
      name: 'Ann',
      password: 'Winterbottom1',
    })
    expect(answer.body.errors).toEqual({ password: ['The password is too much like the e-mail address.'] })
  })

  it.each([
    ['name', '名'.repeat(255)],
    ['name', '😀'.repeat(255)],
    ['address', null],
    ['address', 'line 1\nline 2'],
    ['phone', '+44 (0)20-1234'],
  ])('takes %s at its limit', async (field, value) => {
    expect((await registering({ [field]: value })).body[field]).toBe(value)
  })

  it('names every missing field', async () => {
    const required = ['This field is required.']
    expect(await post('/api/users/register/', {})).toBeProblem(400, 'invalid_request', {
      errors: { email: required, password: required, name: required, phone: required },
    })
  })
})

describe('/api/users/profile/', () => {
  it('is read and changed by its owner', async () => {
    const ann = await aCustomer()
    const profile = {
      id: ann.id,
      email: ann.email,
      name: ann.name,
      address: '1 Main Street',
      phone: '+1 555 0100',
      ...noAddressFields,
    }
    expect((await ann.call('GET', '/api/users/profile/')).body).toEqual(profile)
    const patched = await ann.call('PATCH', '/api/users/profile/', { body: { name: 'Ann B.' } })
    expect(patched.body).toEqual({ ...profile, name: 'Ann B.' })
    const replaced = await ann.call('PUT', '/api/users/profile', { body: { name: 'Ann C.', phone: '7' } })
    expect(replaced.body).toEqual({ ...profile, name: 'Ann C.', phone: '7', address: null })
    expect((await ann.call('PATCH', '/api/users/profile/', { body: {} })).body).toEqual(replaced.body)
    expect((await ann.call('GET', '/api/users/profile/')).body).toEqual(replaced.body)
  })

  it.each(['PUT', 'PATCH'])('%s cannot change e-mail or id', async (method) => {
    const ann = await aCustomer()
    const body = { email: 'x@example.com', id: 1, name: 'Changed', phone: '1' }
    expect(await ann.call(method, '/api/users/profile/', { body })).toBeProblem(400, 'invalid_request', {
      errors: { email: ['Cannot be changed.'], id: ['Cannot be changed.'] },
    })
    expect((await ann.call('GET', '/api/users/profile/')).body.name).toBe(ann.name)
  })

  it('PUT requires every field', async () => {
    const ann = await aCustomer()
    expect(await ann.call('PUT', '/api/users/profile/', { body: { name: 'Ann' } })).toBeProblem(
      400,
      'invalid_request',
      {
        errors: { phone: ['This field is required.'] },
      },
    )
  })

  it('requires a customer', async () => {
    const answer = await get('/api/users/profile/')
    expect(answer).toBeProblem(401, 'token_missing')
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
  })
})

describe('POST /api/users/password/', () => {
  let ann: Person
  beforeAll(async () => {
    ann = await aRegisteredCustomer()
  })
  const changing = (current_password: string, new_password: string, who = ann) =>
    who.call('POST', '/api/users/password/', { body: { current_password, new_password } })

  it('changes the password and ends every other session', async () => {
    const { body: other } = await post('/api/token/', { email: ann.email, password: PASSWORD })
    expect((await changing(PASSWORD, 'staple battery horse')).status).toBe(204)
    expect((await ann.call('GET', '/api/users/profile/')).status).toBe(200)
    expect(await get('/api/users/profile/', { token: other.access })).toBeProblem(401, 'token_revoked')
    expect(await post('/api/token/refresh/', { refresh: other.refresh })).toBeProblem(401, 'token_revoked')
    expect(await post('/api/token/', { email: ann.email, password: PASSWORD })).toBeProblem(
      401,
      'invalid_credentials',
    )
    expect((await post('/api/token/', { email: ann.email, password: 'staple battery horse' })).status).toBe(
      200,
    )
  })

  it('refuses a wrong password and a weak one', async () => {
    const wrong = { errors: { current_password: ['This is not the current password.'] } }
    expect(await changing('wrong', 'another good one')).toBeProblem(400, 'wrong_password', wrong)
    expect(await changing('staple battery horse', '9081726354')).toBeProblem(400, 'invalid_request', {
      errors: { new_password: ['The password must not consist of digits only.'] },
    })
  })

  it('lets one of two simultaneous changes win, and leaves a session of neither', async () => {
    const bob = await aRegisteredCustomer()
    const candidates = ['first new password', 'second new password']
    const [changes, login] = await Promise.all([
      Promise.all(candidates.map((candidate) => changing(PASSWORD, candidate, bob))),
      post('/api/token/', { email: bob.email, password: PASSWORD }),
    ])
    expect(countBy(changes, ({ status }) => status)).toEqual({ 204: 1, 400: 1 })
    // A session that was started with the old password has ended.
    const outcome = login.status === 200 ? await get('/api/cart/', { token: login.body.access }) : login
    expect(outcome.status).toBe(401)
  })
})

describe('/api/users/sessions/', () => {
  it('lists the account’s active sessions and ends one', async () => {
    const ann = await aRegisteredCustomer()
    await aRegisteredCustomer()
    const { body: phone } = await post(
      '/api/token/',
      { email: ann.email, password: PASSWORD },
      { headers: { 'User-Agent': 'Phone/1' } },
    )
    const { body } = await ann.call('GET', '/api/users/sessions/')
    const time = expect.stringMatching(/^\d{4}-.*Z$/)
    expect(body).toEqual({
      count: 2,
      next: null,
      previous: null,
      results: [
        {
          id: expect.any(Number),
          created_at: time,
          last_used_at: time,
          user_agent: 'Phone/1',
          current: false,
        },
        {
          id: ann.session_id,
          created_at: time,
          last_used_at: time,
          user_agent: expect.any(String),
          current: true,
        },
      ],
    })
    const path = `/api/users/sessions/${body.results[0].id}/`
    expect((await ann.call('DELETE', path)).status).toBe(204)
    expect(await get('/api/cart/', { token: phone.access })).toBeProblem(401, 'token_revoked')
    expect(await ann.call('DELETE', path)).toBeProblem(404, 'not_found')
    expect((await ann.call('GET', '/api/users/sessions/')).body.count).toBe(1)
  })

  it('ends no session of another account', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    expect(await ann.call('DELETE', `/api/users/sessions/${bob.session_id}/`)).toBeProblem(404, 'not_found')
    expect((await bob.call('GET', '/api/cart/')).status).toBe(200)
  })
})

describe('POST /api/users/logout/', () => {
  const leaving = (who: Person, refresh: string) =>
    who.call('POST', '/api/users/logout/', { body: { refresh } })

  it('ends the session, and repeats with the same response', async () => {
    const ann = await aCustomer()
    const first = await leaving(ann, ann.refresh)
    expect([first.status, first.text]).toEqual([205, ''])
    expect((await leaving(ann, ann.refresh)).status).toBe(205)
    expect(await post('/api/token/refresh/', { refresh: ann.refresh })).toBeProblem(401, 'token_revoked')
  })

  it.each(['search=!', 'min_price=2&max_price=1&search=tea'])(
    'ends a list of staff that needs no query, ?%s',
    async (query) => {
      const staff = await someStaff()
      const list = () => staff.call('GET', `/api/admin/products/?${query}`)
      expect((await list()).body.results).toEqual([])
      await leaving(staff, staff.refresh)
      expect(await list()).toBeProblem(401, 'token_revoked')
    },
  )

  it('accepts a refresh token that has been replaced', async () => {
    const ann = await aCustomer()
    const { body } = await post('/api/token/refresh/', { refresh: ann.refresh })
    expect((await leaving(ann, ann.refresh)).status).toBe(205)
    expect(await post('/api/token/refresh/', { refresh: body.refresh })).toBeProblem(401, 'token_revoked')
  })

  it('refuses a token of another account, and an access token', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const refusal = { errors: { refresh: ['This is not a refresh token of your account.'] } }
    expect(await leaving(ann, bob.refresh)).toBeProblem(400, 'invalid_request', refusal)
    expect(await leaving(ann, ann.access)).toBeProblem(400, 'invalid_request', refusal)
    expect((await post('/api/token/refresh/', { refresh: bob.refresh })).status).toBe(200)
    expect((await ann.call('GET', '/api/cart/')).status).toBe(200)
  })
})
