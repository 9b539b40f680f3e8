import { randomBytes } from 'node:crypto'
import type { Report } from './report.ts'
import { outline, type Person, type Shop } from './shop.ts'

const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/
/** Of a database that will have written more than this one ever can. */
const FUTURE = `ffffffff-ffffffff-ffffffff-${'f'.repeat(32)}`

/** Registers and logs in. An account stays: its name says where it is from. */
export async function openAccount(shop: Shop, report: Report, run: string): Promise<Person> {
  const email = `smoke-${run}@example.com`
  const password = randomBytes(18).toString('base64url')
  const body = { email, password, name: `Smoke test ${run}`, phone: '0' }
  const first = await shop.send('POST', '/api/users/register/', { body, key: run })
  shop.require(`${email} registers`, first, 201)
  report.remains(`the account ${email}, and whatever it did`)
  const again = await shop.send('POST', '/api/users/register/', { body, key: run })
  report.expect(
    'The same request again has no second effect',
    again.status === 201 && again.body.id === first.body.id && isReplay(again.headers),
    `${outline(again)}, Idempotent-Replayed: ${again.headers.get('Idempotent-Replayed')}`,
  )
  const taken = await shop.send('POST', '/api/users/register/', { body })
  shop.expect('The e-mail is taken', taken, 409, 'email_taken')
  const customer = await shop.logIn('The customer', email, password)

  const read = (bookmark?: string) =>
    shop.send('GET', '/api/users/profile/', {
      access: customer.access,
      headers: bookmark === undefined ? {} : { 'X-D1-Bookmark': bookmark },
    })
  const profile = await read()
  shop.require('The profile without a bookmark', profile, 200)
  const bookmark = profile.headers.get('X-D1-Bookmark') ?? 'missing'
  report.expect('An answer has a bookmark of D1', BOOKMARK.test(bookmark), bookmark)
  shop.expect('The profile with that bookmark', await read(bookmark), 200)
  shop.expect('A bookmark that is none is ignored', await read('no bookmark'), 200)
  shop.expect('One from the future is as good as none', await read(FUTURE), 200)
  return customer
}

/** A login of its own for this, which ends by it. */
export async function refreshTokens(shop: Shop, report: Report, { email, password }: Person): Promise<void> {
  const refresh = (token: string) => shop.send('POST', '/api/token/refresh/', { body: { refresh: token } })
  const login = await shop.logIn('A second login', email, password)
  const second = await refresh(login.refresh)
  shop.require('A refresh token is taken', second, 200)
  const repeated = await refresh(login.refresh)
  report.expect(
    'The same within ten seconds gets the same pair',
    repeated.status === 200 && JSON.stringify(repeated.body) === JSON.stringify(second.body),
    repeated.status === 200 ? 'compared byte for byte' : outline(repeated),
  )
  const third = await refresh(second.body.refresh)
  shop.require('The newest is taken', third, 200)
  shop.expect('An older one is refused', await refresh(login.refresh), 401, 'token_revoked')
  const access = third.body.access as string
  shop.expect('It ends the login', await refresh(third.body.refresh), 401, 'token_revoked')
  const profile = await shop.send('GET', '/api/users/profile/', { access })
  shop.expect('Its access token is refused at once', profile, 401, 'token_revoked')
}

export async function logOut(shop: Shop, { access, refresh }: Person): Promise<void> {
  const ended = await shop.send('POST', '/api/users/logout/', { access, body: { refresh } })
  shop.require('The customer logs out', ended, 205)
  const profile = await shop.send('GET', '/api/users/profile/', { access })
  shop.expect('The access token is refused at once', profile, 401, 'token_revoked')
  const refreshed = await shop.send('POST', '/api/token/refresh/', { body: { refresh } })
  shop.expect('The refresh token, too', refreshed, 401, 'token_revoked')
}

/** Of an e-mail that nobody has, so that nobody is kept out. */
export async function exceedLimit(shop: Shop, report: Report, run: string): Promise<void> {
  const body = { email: `smoke-nobody-${run}@example.com`, password: 'not the password' }
  const MOST_TRIES = 12 // Cloudflare counts a little late
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const answer = await shop.send('POST', '/api/token/', { body })
    if (answer.status === 401 && tries < MOST_TRIES) continue
    const wait = answer.headers.get('Retry-After')
    const right = answer.status === 429 && wait === '60' && tries > 5
    report.expect(
      'After five wrong passwords, 429',
      right,
      `${outline(answer)} at try ${tries}, Retry-After: ${wait}`,
    )
    return
  }
}

export function isReplay(headers: Headers): boolean {
  return headers.get('Idempotent-Replayed') === 'true'
}
