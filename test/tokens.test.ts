import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { scryptSync } from 'node:crypto'
import { sign } from 'hono/jwt'
import { beforeAll, describe, expect, it } from 'vitest'
import { app } from '../src/app.ts'
import type { Bindings } from '../src/env.ts'
import { call, get, post } from './http.ts'
import {
  aCustomer,
  aRegisteredCustomer,
  claimsOf,
  countBy,
  PASSWORD,
  type Person,
  simultaneously,
  unique,
} from './shop.ts'

const refreshing = (refresh: string) => post('/api/token/refresh/', { refresh })
const verifying = (token: string) => post('/api/token/verify/', { token })

/** A hash of PASSWORD with cheaper parameters than the current ones. */
function oldHash(): string {
  return `$scrypt$ln=10,r=8,p=1$${btoa('salt')}$${scryptSync(PASSWORD, 'salt', 32, { N: 1024 }).toString('base64')}`
}

/** Waits until KV lists the ended session. */
async function expectPublished(session_id: number): Promise<void> {
  await expect.poll(() => env.REVOKED_SESSIONS.get(`session:${session_id}`)).not.toBeNull()
}

/** Moves a session's last refresh into the past. */
function age({ session_id }: Person, milliseconds: number) {
  return env.DB.prepare('UPDATE sessions SET refreshed_at = refreshed_at - ? WHERE id = ?')
    .bind(milliseconds, session_id)
    .run()
}

describe('POST /api/token/', () => {
  let ann: Person
  beforeAll(async () => {
    ann = await aRegisteredCustomer({ email: 'Ann.Tokens@Example.com' })
  })

  it('returns a pair of valid tokens', async () => {
    const { status, body } = await post('/api/token/', {
      email: 'ann.tokens@example.COM',
      password: PASSWORD,
    })
    expect(status).toBe(200)
    expect((await get('/api/users/profile/', { token: body.access })).body.email).toBe(
      'Ann.Tokens@Example.com',
    )
    expect((await refreshing(body.refresh)).status).toBe(200)
  })

  it('puts exactly the documented claims into the tokens', () => {
    const [access, refresh] = [claimsOf(ann.access), claimsOf(ann.refresh)]
    expect(access).toEqual({
      token_type: 'access',
      user_id: ann.id,
      is_staff: false,
      jti: expect.any(String),
      sid: ann.session_id,
      iat: expect.any(Number),
      exp: access.iat + 300,
      iss: 'kiosk',
    })
    expect(refresh).toMatchObject({ token_type: 'refresh', user_id: ann.id, exp: refresh.iat + 86_400 })
    expect(refresh.jti).not.toBe(access.jti)
    expect(Object.keys(refresh)).not.toContain('is_staff')
  })

  it('answers a wrong password and an unknown e-mail alike', async () => {
    const wrong = await post('/api/token/', { email: 'ann.tokens@example.com', password: 'not the password' })
    const unknown = await post('/api/token/', {
      email: `nobody-${unique()}@example.com`,
      password: 'not the password',
    })
    expect(wrong).toBeProblem(401, 'invalid_credentials')
    expect(unknown.text).toBe(wrong.text)
    expect(wrong.headers.get('WWW-Authenticate')).toBe('Bearer')
  })

  it.each([[{}], [{ email: 'a@example.com' }], [{ email: 1, password: [] }]])('refuses %j', async (body) => {
    expect((await post('/api/token/', body)).status).toBe(400)
  })

  it('replaces a hash made with older parameters', async () => {
    const bob = await aRegisteredCustomer()
    const hash = () =>
      env.DB.prepare('SELECT password_hash FROM users WHERE id = ?')
        .bind(bob.id)
        .first<string>('password_hash')
    await env.DB.prepare('UPDATE users SET password_hash = ? WHERE id = ?').bind(oldHash(), bob.id).run()

    expect((await post('/api/token/', { email: bob.email, password: PASSWORD })).status).toBe(200)
    expect(await hash()).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/)
    expect((await post('/api/token/', { email: bob.email, password: PASSWORD })).status).toBe(200)
  })

  it('accepts simultaneous log-ins while the hash is replaced', async () => {
    const bob = await aRegisteredCustomer()
    await env.DB.prepare('UPDATE users SET password_hash = ? WHERE id = ?').bind(oldHash(), bob.id).run()
    const answers = await simultaneously(3, () =>
      post('/api/token/', { email: bob.email, password: PASSWORD }),
    )
    expect(countBy(answers, ({ status }) => status)).toEqual({ 200: 3 })
    for (const { body } of answers) expect((await get('/api/cart/', { token: body.access })).status).toBe(200)
  })

  it('accepts the same characters in another Unicode form', async () => {
    const bob = await aRegisteredCustomer({ password: 'Ångström ﬁne' })
    expect(
      (await post('/api/token/', { email: bob.email, password: 'A\u030Angstro\u0308m fine' })).status,
    ).toBe(200)
  })

  it('keeps fifty sessions active and revokes the oldest', async () => {
    const bob = await aRegisteredCustomer()
    await env.DB.prepare(
      `INSERT INTO sessions (user_id, is_staff, user_agent, created_at, refreshed_at, ends_at)
       SELECT user_id, 0, '', created_at, refreshed_at, ends_at FROM sessions, json_each(?) WHERE sessions.id = ?`,
    )
      .bind(JSON.stringify(Array.from({ length: 49 }, (_, n) => n)), bob.session_id)
      .run()
    expect((await bob.call('GET', '/api/users/sessions/')).body.count).toBe(50)
    const { body } = await post('/api/token/', { email: bob.email, password: PASSWORD })
    expect((await get('/api/users/sessions/', { token: body.access })).body.count).toBe(50)
    expect(await bob.call('GET', '/api/users/profile/')).toBeProblem(401, 'token_revoked')
    await expectPublished(bob.session_id)
  })
})

describe('POST /api/token/refresh/', () => {
  it('returns new valid tokens', async () => {
    const ann = await aCustomer()
    await age(ann, 60_000)
    const { status, body } = await refreshing(ann.refresh)
    expect(status).toBe(200)
    expect(body.refresh).not.toBe(ann.refresh)
    expect(body.access).not.toBe(ann.access)
    expect((await get('/api/users/profile/', { token: body.access })).body.id).toBe(ann.id)
    expect((await refreshing(body.refresh)).status).toBe(200)
  })

  it('returns one pair to twenty simultaneous refreshes of one token', async () => {
    const ann = await aCustomer()
    const answers = await simultaneously(20, () => refreshing(ann.refresh))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 200: 20 })
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    const row = await env.DB.prepare('SELECT counter FROM sessions WHERE id = ?').bind(ann.session_id).first()
    expect(row).toEqual({ counter: 1 })
  })

  it('returns the same pair, byte for byte, to a retry after a lost response', async () => {
    const ann = await aCustomer()
    const first = await refreshing(ann.refresh)
    await env.DB.prepare('UPDATE users SET is_staff = 1 WHERE id = ?').bind(ann.id).run()
    await age(ann, 1000)
    const again = await refreshing(ann.refresh)
    expect(again.status).toBe(200)
    expect(claimsOf(again.body.refresh).jti).toBe(claimsOf(first.body.refresh).jti)
    expect(claimsOf(again.body.access).is_staff).toBe(false)
    expect(await refreshing(ann.refresh)).toMatchObject({ text: again.text })
  })

  it('ends the whole session when a token is reused later', async () => {
    const ann = await aCustomer()
    const { body } = await refreshing(ann.refresh)
    await age(ann, 10_001)
    expect(await refreshing(ann.refresh)).toBeProblem(401, 'token_revoked')
    expect(await refreshing(body.refresh)).toBeProblem(401, 'token_revoked')
    expect(await get('/api/users/profile/', { token: body.access })).toBeProblem(401, 'token_revoked')
    await expectPublished(ann.session_id)
  })

  it('ends the whole session when a token older than the last is reused, however soon', async () => {
    const ann = await aCustomer()
    const second = await refreshing(ann.refresh)
    const third = await refreshing(second.body.refresh)
    expect(await refreshing(ann.refresh)).toBeProblem(401, 'token_revoked')
    expect(await refreshing(third.body.refresh)).toBeProblem(401, 'token_revoked')
  })

  it('leaves other sessions of the account alone', async () => {
    const ann = await aRegisteredCustomer()
    const { body: other } = await post('/api/token/', { email: ann.email, password: PASSWORD })
    await refreshing(ann.refresh)
    await age(ann, 20_000)
    await refreshing(ann.refresh)
    expect((await refreshing(other.refresh)).status).toBe(200)
  })

  it('does not count an expired token as reuse', async () => {
    const ann = await aCustomer()
    const { body } = await refreshing(ann.refresh)
    const expired = await sign(
      { ...claimsOf(ann.refresh), exp: Math.floor(Date.now() / 1000) },
      env.JWT_SECRET,
      'HS256',
    )
    expect(await refreshing(expired)).toBeProblem(401, 'token_invalid')
    expect((await refreshing(body.refresh)).status).toBe(200)
  })

  it('ends at thirty days, however often it was refreshed', async () => {
    const ann = await aCustomer()
    const end = Date.now() + 60_000
    await env.DB.prepare('UPDATE sessions SET ends_at = ? WHERE id = ?').bind(end, ann.session_id).run()
    const { body } = await refreshing(ann.refresh)
    expect(claimsOf(body.refresh).exp).toBe(Math.floor(end / 1000))
    expect(claimsOf(body.access).exp).toBe(Math.floor(end / 1000))
    await env.DB.prepare('UPDATE sessions SET ends_at = ? WHERE id = ?')
      .bind(Date.now() - 1, ann.session_id)
      .run()
    expect(await refreshing(body.refresh)).toBeProblem(401, 'token_revoked')
    expect(await get('/api/users/profile/', { token: body.access })).toBeProblem(401, 'token_revoked')
  })

  it('publishes a revocation to KV, so that the edge refuses without a round trip to D1', async () => {
    const ann = await aCustomer()
    await ann.call('POST', '/api/users/logout/', { body: { refresh: ann.refresh } })
    await expectPublished(ann.session_id)
    const refusal = await refreshing(ann.refresh)
    expect(refusal).toBeProblem(401, 'token_revoked')
    expect(refusal.headers.get('Server-Timing')).toContain('trips=0')
    expect(await verifying(ann.access)).toBeProblem(401, 'token_revoked')
    const { expiration } = (await env.REVOKED_SESSIONS.list({ prefix: `session:${ann.session_id}` })).keys[0]!
    expect(Math.abs(expiration! - claimsOf(ann.refresh).exp)).toBeLessThan(5)
  })
})

describe('the namespace of revoked sessions', () => {
  it('lists a session that is about to expire, although KV requires a TTL of a minute', async () => {
    const ann = await aCustomer()
    await env.DB.prepare('UPDATE sessions SET ends_at = ? WHERE id = ?')
      .bind(Date.now() + 5000, ann.session_id)
      .run()
    await ann.call('POST', '/api/users/logout/', { body: { refresh: ann.refresh } })
    await expectPublished(ann.session_id)
  })

  it('lists a session that its owner ends from another', async () => {
    const ann = await aRegisteredCustomer()
    const { body } = await post('/api/token/', { email: ann.email, password: PASSWORD })
    const { sid } = claimsOf(body.access)
    await ann.call('DELETE', `/api/users/sessions/${sid}/`)
    await expectPublished(sid)
  })
})

describe('without the KV namespace', () => {
  const knowsNothing = { get: async () => null, put: async () => {} }
  const throws = {
    get: async () => {
      throw new Error('KV GET failed: 500')
    },
    put: async () => {
      throw new Error('KV PUT failed: 429')
    },
  }

  it.each([
    ['that knows nothing', knowsNothing],
    ['that throws', throws],
  ])('a namespace %s neither grants nor breaks access', async (_, namespace) => {
    const bindings: Bindings = { ...env, REVOKED_SESSIONS: namespace as unknown as KVNamespace }
    const send = async (path: string, body: object, access?: string): Promise<number> => {
      const context = createExecutionContext()
      const request = new Request(`https://shop.example${path}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(access ? { Authorization: `Bearer ${access}` } : {}),
        },
        body: JSON.stringify(body),
      })
      const { status } = await app.fetch(request, bindings, context)
      await waitOnExecutionContext(context)
      return status
    }
    const ann = await aCustomer()
    expect(await send('/api/token/verify/', { token: ann.refresh })).toBe(200)
    expect(await send('/api/token/refresh/', { refresh: ann.refresh })).toBe(200)
    expect(await send('/api/users/logout/', { refresh: ann.refresh }, ann.access)).toBe(205)
    expect(await send('/api/token/refresh/', { refresh: ann.refresh })).toBe(401)
    expect(await send('/api/token/verify/', { token: ann.refresh })).toBe(401)
    expect(await send('/api/orders/', {}, ann.access)).toBe(401)
  })
})

describe('POST /api/token/verify/', () => {
  it('accepts a valid token and changes nothing', async () => {
    const ann = await aCustomer()
    for (const token of [ann.access, ann.refresh, ann.refresh]) {
      const { status, body } = await verifying(token)
      expect([status, body]).toEqual([200, {}])
    }
    expect((await refreshing(ann.refresh)).status).toBe(200)
  })

  it('accepts a refresh token only if it is the newest, or within its ten seconds', async () => {
    const ann = await aCustomer()
    const { body } = await refreshing(ann.refresh)
    expect((await verifying(ann.refresh)).status).toBe(200)
    await age(ann, 10_001)
    expect(await verifying(ann.refresh)).toBeProblem(401, 'token_revoked')
    expect((await verifying(body.refresh)).status).toBe(200)
  })

  it('refuses a token that the shop did not sign', async () => {
    expect(await verifying('')).toBeProblem(401, 'token_invalid')
    expect(await verifying('a.b.c')).toBeProblem(401, 'token_invalid')
  })
})

describe('an access token', () => {
  let ann: Person
  beforeAll(async () => {
    ann = await aCustomer()
  })
  it('is accepted with the previous key while keys change', async () => {
    const previous = 'the key before, also thirty-two bytes or more'
    const token = await sign(claimsOf(ann.access), previous, 'HS256')
    const request = () =>
      new Request('https://shop.example/api/users/profile/', {
        headers: { Authorization: `Bearer ${token}` },
      })
    const context = createExecutionContext()
    expect((await app.fetch(request(), { ...env, JWT_SECRET_PREVIOUS: previous }, context)).status).toBe(200)
    expect((await app.fetch(request(), env, context)).status).toBe(401)
  })

  it('is not accepted with a key that is too short', async () => {
    const token = await sign(claimsOf(ann.access), 'x', 'HS256')
    const request = new Request('https://shop.example/api/users/profile/', {
      headers: { Authorization: `Bearer ${token}` },
    })
    for (const keys of [{ JWT_SECRET_PREVIOUS: 'x' }, { JWT_SECRET: 'x' }]) {
      expect((await app.fetch(request.clone(), { ...env, ...keys }, createExecutionContext())).status).toBe(
        500,
      )
    }
  })

  it('is ignored by public routes', async () => {
    expect((await call('GET', '/api/products/', { token: 'nonsense' })).status).toBe(200)
  })

  it('ends with its session, between two requests', async () => {
    const bob = await aCustomer()
    expect((await bob.call('GET', '/api/cart/')).status).toBe(200)
    await bob.call('POST', '/api/users/logout/', { body: { refresh: bob.refresh } })
    expect(await bob.call('GET', '/api/cart/')).toBeProblem(401, 'token_revoked')
    expect(await bob.adds({ id: 1 })).toBeProblem(401, 'token_revoked')
  })

  it('of a demoted account can neither read nor write', async () => {
    const carol = await aCustomer()
    await env.DB.prepare('UPDATE users SET is_staff = 1 WHERE id = ?').bind(carol.id).run()
    const { body } = await refreshing(carol.refresh)
    expect((await get('/api/admin/orders/', { token: body.access })).status).toBe(200)
    await env.DB.prepare('UPDATE users SET is_staff = 0 WHERE id = ?').bind(carol.id).run()
    expect(await get('/api/admin/orders/', { token: body.access })).toBeProblem(403, 'not_staff')
    const name = unique()
    expect(await post('/api/admin/categories/', { name }, { token: body.access })).toBeProblem(
      403,
      'not_staff',
    )
    expect(await env.DB.prepare('SELECT id FROM categories WHERE name = ?').bind(name).first()).toBeNull()
    expect((await get('/api/users/profile/', { token: body.access })).status).toBe(200)
  })
})
