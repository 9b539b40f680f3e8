import { env } from 'cloudflare:workers'
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { get, post } from './http.ts'
import { listen } from './listening.ts'
import {
  aCustomer,
  aGuest,
  aProduct,
  aRegisteredCustomer,
  claimsOf,
  PASSWORD,
  type Person,
  unique,
} from './shop.ts'

/** Forged tokens, by the attacks that RFC 8725 describes. */

type Claims = Record<string, unknown>
type Forgery = (claims: Claims) => string

const encoded = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
const HS256 = { alg: 'HS256', typ: 'JWT' }
const OTHER_KEY = 'the key of somebody else, as long as it has to be'

/** A token with any header and claims, signed with HMAC. */
function forged(header: Claims, claims: unknown, key = env.JWT_SECRET, digest = 'sha256'): string {
  const signed = `${encoded(header)}.${encoded(claims)}`
  return `${signed}.${createHmac(digest, key).update(signed).digest('base64url')}`
}

/** A valid token, except for these claims; undefined omits one. */
const claiming =
  (change: Claims): Forgery =>
  (claims) =>
    forged(HS256, { ...claims, ...change })

const EXPIRED = 'an expiry in the past'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const signatureOf = (claims: Claims) => forged(HS256, claims).split('.')[2]

/** Defects of every kind of token. Two are signed with our own key: the key alone makes no valid token. */
const FORGERIES: Record<string, Forgery> = {
  'none as its algorithm': (claims) => `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`,
  'none as its algorithm, beside a good signature': (claims) =>
    `${encoded({ alg: 'none' })}.${encoded(claims)}.${signatureOf(claims)}`,
  'nOnE as its algorithm': (claims) => `${encoded({ alg: 'nOnE' })}.${encoded(claims)}.`,
  'no algorithm': (claims) => forged({ typ: 'JWT' }, claims),
  HS384: (claims) => forged({ alg: 'HS384', typ: 'JWT' }, claims, env.JWT_SECRET, 'sha384'),
  HS512: (claims) => forged({ alg: 'HS512', typ: 'JWT' }, claims, env.JWT_SECRET, 'sha512'),
  'RS256, signed by HMAC': (claims) => forged({ alg: 'RS256', typ: 'JWT' }, claims),
  'RS256 with a key of its own': (claims) => {
    const signed = `${encoded({ alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) })}.${encoded(claims)}`
    return `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`
  },
  'its own key in the header': (claims) =>
    forged({ ...HS256, jwk: { kty: 'oct', k: btoa(OTHER_KEY) } }, claims, OTHER_KEY),
  'a kid that names a file': (claims) => forged({ ...HS256, kid: '/dev/null' }, claims, ''),
  'another key': (claims) => forged(HS256, claims, OTHER_KEY),
  'an empty key': (claims) => forged(HS256, claims, ''),
  'no signature': (claims) => `${encoded(HS256)}.${encoded(claims)}.`,
  'half a signature': (claims) => forged(HS256, claims).slice(0, -20),
  'the signature of other claims': (claims) =>
    `${encoded(HS256)}.${encoded({ ...claims, user_id: 999 })}.${signatureOf(claims)}`,
  'a fourth part': (claims) => `${forged(HS256, claims)}.e30`,
  'five parts, as if encrypted': (claims) => `${forged(HS256, claims)}.e30.e30`,
  'sixty thousand characters': (claims) => forged(HS256, { ...claims, more: 'x'.repeat(45_000) }, OTHER_KEY),
  'claims that are no object': () => forged(HS256, 'claims'),
  'claims that are null': () => forged(HS256, null),
  'claims that are a list': (claims) => forged(HS256, [claims]),
  'claims that are not JSON': () => {
    const signed = `${encoded(HS256)}.${btoa('{"user_id":')}`
    return `${signed}.${createHmac('sha256', env.JWT_SECRET).update(signed).digest('base64url')}`
  },
  'another issuer': claiming({ iss: 'other' }),
  'several issuers': claiming({ iss: ['kiosk', 'other'] }),
  'another type': claiming({ token_type: 'session' }),
  'a time as text': claiming({ exp: '9999999999' }),
  'a time without end': claiming({ exp: Infinity }),
  'an account as text': claiming({ user_id: '1' }),
  'an account below zero': claiming({ user_id: -1 }),
  'a session as a fraction': claiming({ sid: 1.5 }),
  'SQL for a session': claiming({ sid: '1 OR 1=1' }),
  [EXPIRED]: claiming({ exp: Math.floor(Date.now() / 1000) - 1 }),
  ...Object.fromEntries(
    ['token_type', 'user_id', 'jti', 'sid', 'iat', 'exp', 'iss'].map((claim) => [
      `no ${claim}`,
      claiming({ [claim]: undefined }),
    ]),
  ),
}

let ann: Person
let member: Person
let guest: Person
let access: Claims
let refresh: Claims
beforeAll(async () => {
  ann = await aCustomer()
  access = claimsOf(ann.access)
  refresh = claimsOf(ann.refresh)
  ;[member, guest] = [await aRegisteredCustomer(), await aGuest()]
  await guest.adds(await aProduct())
})

/** Logs in with this as the token of a guest: it must neither merge anything nor fail the log-in. */
async function expectIgnoredAsGuest(token: unknown, owner: Person): Promise<void> {
  const { items } = await owner.cart()
  const answer = await post('/api/token/', { email: member.email, password: PASSWORD, guest: token })
  expect([answer.status, answer.body.merged ?? []]).toEqual([200, []])
  expect((await owner.cart()).items).toEqual(items)
  // Not in the member's first session: an account has at most fifty.
  expect((await get('/api/cart/', { token: answer.body.access })).body.items).toEqual([])
}

it('a forged token without a defect is accepted', async () => {
  expect((await get('/api/cart/', { token: forged(HS256, access) })).status).toBe(200)
  expect((await post('/api/token/verify/', { token: forged(HS256, refresh) })).status).toBe(200)
})

describe.each(Object.entries(FORGERIES))('a token with %s', (what, forge) => {
  it('is refused as an access token', async () => {
    const token = forge(access)
    expect(await get('/api/cart/', { token })).toBeProblem(401, 'token_invalid')
    expect(await get('/api/admin/orders/', { token })).toBeProblem(401, 'token_invalid')
    const events = { token, headers: { Accept: 'text/event-stream' } }
    expect(await get('/api/orders/events/', events)).toBeProblem(401, 'token_invalid')
    expect(await (await listen(token)).ends()).toEqual({ code: 4401, reason: 'token_invalid' })
    expect(await post('/api/token/verify/', { token })).toBeProblem(401, 'token_invalid')
  })

  it('is refused as a refresh token', async () => {
    const token = forge(refresh)
    expect(await post('/api/token/refresh/', { refresh: token })).toBeProblem(401, 'token_invalid')
    expect(await post('/api/token/verify/', { token })).toBeProblem(401, 'token_invalid')
  })

  it('is ignored as the token of a guest', () => expectIgnoredAsGuest(forge(claimsOf(guest.refresh)), guest))

  it('ends no session, unless it has merely expired', async () => {
    const customer = await aCustomer()
    const body = { refresh: forge(claimsOf(customer.refresh)) }
    const leaving = await customer.call('POST', '/api/users/logout/', { body })
    expect(leaving.status).toBe(what === EXPIRED ? 205 : 400)
  })
})

describe('the token of a guest', () => {
  /** A guest with something in the cart. */
  async function aShopper(): Promise<Person> {
    const shopper = await aGuest()
    await shopper.adds(await aProduct())
    return shopper
  }

  it('is ignored at a log-in if it is an access token', async () => {
    await expectIgnoredAsGuest(guest.access, guest)
  })

  it('is ignored if it belongs to an account, or to a guest who has registered', async () => {
    await ann.adds(await aProduct())
    await expectIgnoredAsGuest(ann.refresh, ann)
    const shopper = await aShopper()
    const body = { email: `${unique()}@example.com`, password: PASSWORD, name: 'N', phone: '1' }
    expect((await post('/api/users/register/', body, { token: shopper.access })).body.id).toBe(shopper.id)
    await expectIgnoredAsGuest(shopper.refresh, shopper)
  })

  it('is ignored if it names another guest than its session does', async () => {
    const shopper = await aShopper()
    const claims = { ...claimsOf(guest.refresh), user_id: shopper.id }
    await expectIgnoredAsGuest(forged(HS256, claims), shopper)
    await expectIgnoredAsGuest(
      forged(HS256, { ...claimsOf(guest.refresh), sid: shopper.session_id }),
      shopper,
    )
  })

  it('is ignored if a newer one has been used for more than ten seconds, and ends no session', async () => {
    const shopper = await aShopper()
    await env.DB.prepare('UPDATE sessions SET counter = 1, refreshed_at = refreshed_at - 11000 WHERE id = ?')
      .bind(shopper.session_id)
      .run()
    await expectIgnoredAsGuest(shopper.refresh, shopper)
  })

  it('is ignored if its session has ended', async () => {
    const shopper = await aShopper()
    await shopper.call('POST', '/api/users/logout/', { body: { refresh: shopper.refresh } })
    const body = { email: member.email, password: PASSWORD, guest: shopper.refresh }
    expect((await post('/api/token/', body)).body.merged).toEqual([])
  })

  it.each([
    ['null', null],
    ['a number', 7],
    ['a list', []],
    ['an object', {}],
    ['empty', ''],
    ['sixty thousand characters', 'x'.repeat(60_000)],
  ])('cannot be %s, which fails no log-in', async (_, given) => {
    await expectIgnoredAsGuest(given, guest)
  })

  it('that is forged makes no account of the guest', async () => {
    const body = { email: `${unique()}@example.com`, password: PASSWORD, name: 'N', phone: '1' }
    const token = forged(HS256, claimsOf(guest.access), OTHER_KEY)
    const { status, body: account } = await post('/api/users/register/', body, { token })
    expect([status, account.id === guest.id]).toEqual([201, false])
  })
})

describe('a token', () => {
  it('is of one type: an access token does not refresh, a refresh token gives no access', async () => {
    const [customer, token] = [await aCustomer(), unique()]
    expect(await get('/api/cart/', { token: customer.refresh })).toBeProblem(401, 'token_invalid')
    expect(await post('/api/token/refresh/', { refresh: customer.access })).toBeProblem(401, 'token_invalid')
    expect(await post('/api/token/refresh/', { refresh: token })).toBeProblem(401, 'token_invalid')
  })

  it('with its type changed is refused', async () => {
    const asAccess = forged(HS256, { ...refresh, token_type: 'access' })
    expect(await get('/api/cart/', { token: asAccess })).toBeProblem(401, 'token_invalid')
    const asRefresh = forged(HS256, { ...access, token_type: 'refresh' })
    expect(await post('/api/token/refresh/', { refresh: asRefresh })).toBeProblem(401, 'token_invalid')
  })

  it('with a staff claim needs a valid signature and a staff account', async () => {
    const [header, , signature] = ann.access.split('.')
    const tampered = `${header}.${encoded({ ...access, is_staff: true })}.${signature}`
    expect(await get('/api/admin/orders/', { token: tampered })).toBeProblem(401, 'token_invalid')
    const signed = forged(HS256, { ...access, is_staff: true })
    expect(await get('/api/admin/orders/', { token: signed })).toBeProblem(403, 'not_staff')
    const asText = forged(HS256, { ...access, is_staff: 'true' })
    expect(await get('/api/admin/orders/', { token: asText })).toBeProblem(401, 'token_invalid')
  })

  it('of one account gives no access to another, whatever session it names', async () => {
    const bob = await aCustomer()
    const token = forged(HS256, { ...access, user_id: bob.id })
    expect(await get('/api/cart/', { token })).toBeProblem(401, 'token_revoked')
    const asBob = forged(HS256, { ...refresh, user_id: bob.id })
    expect((await post('/api/token/refresh/', { refresh: asBob })).status).toBe(401)
  })

  it('of a future rotation is refused', async () => {
    const customer = await aCustomer()
    const claims = claimsOf(customer.refresh)
    const ahead = forged(HS256, { ...claims, jti: `refresh-${claims.sid}-7` })
    expect((await post('/api/token/refresh/', { refresh: ahead })).status).toBe(401)
  })

  it.each([null, 7, true, [], {}, ''])('cannot be %j', async (given) => {
    const status = given === '' ? 401 : 400
    expect((await post('/api/token/refresh/', { refresh: given })).status).toBe(status)
    expect((await post('/api/token/verify/', { token: given })).status).toBe(status)
  })

  it.each(['', 'Basic YTpi', 'Token abc', 'Bearer', 'Bearer a b', 'Bearer\tabc', 'bearer,abc'])(
    'does not travel as %j',
    async (Authorization) => {
      expect((await get('/api/cart/', { headers: { Authorization } })).status).toBe(401)
    },
  )
})
