import { randomBytes } from 'node:crypto'
import type { Report } from './report.ts'
import { outline, type Person, type Shop } from './shop.ts'

const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/
/** Beyond anything that the database will ever write. */
const FUTURE = `ffffffff-ffffffff-ffffffff-${'f'.repeat(32)}`

/**
 * Registers, logs in and reads with bookmarks. The account remains; its name says where it comes from. A shop with mail
 * writes to it: at `mailbox`, if given.
 */
export async function checkAccount(
  shop: Shop,
  report: Report,
  { run, mailbox }: { run: string; mailbox?: string | undefined },
): Promise<Person> {
  const email = mailbox?.replace('@', `+smoke-${run}@`) ?? `smoke-${run}@example.com`
  const password = randomBytes(18).toString('base64url')
  const body = { email, password, name: `Smoke test ${run}`, phone: '0' }
  const first = await shop.send('POST', '/api/users/register/', { body, key: run })
  shop.require(`${email} registers`, first, 201)
  report.remains(`the account ${email} with its orders`)
  const again = await shop.send('POST', '/api/users/register/', { body, key: run })
  report.expect(
    'A repeated request has no second effect',
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
  shop.expect('A malformed bookmark is ignored', await read('no bookmark'), 200)
  shop.expect('A bookmark from the future is ignored', await read(FUTURE), 200)
  return customer
}

/** Rotates the tokens of a second session, which reuse then ends. */
export async function checkRefresh(shop: Shop, report: Report, { email, password }: Person): Promise<void> {
  const refresh = (token: string) => shop.send('POST', '/api/token/refresh/', { body: { refresh: token } })
  const session = await shop.logIn('A second session', email, password)
  const second = await refresh(session.refresh)
  shop.require('A refresh token is accepted', second, 200)
  const repeated = await refresh(session.refresh)
  report.expect(
    'The same token within ten seconds gets the same pair',
    repeated.status === 200 && JSON.stringify(repeated.body) === JSON.stringify(second.body),
    repeated.status === 200 ? 'compared byte for byte' : outline(repeated),
  )
  const third = await refresh(second.body.refresh)
  shop.require('The newest token is accepted', third, 200)
  shop.expect('An older token is refused', await refresh(session.refresh), 401, 'token_revoked')
  const access = third.body.access as string
  shop.expect('Reuse ends the session', await refresh(third.body.refresh), 401, 'token_revoked')
  const profile = await shop.send('GET', '/api/users/profile/', { access })
  shop.expect('Its access token is refused immediately', profile, 401, 'token_revoked')
}

export async function checkLogOut(shop: Shop, { access, refresh }: Person): Promise<void> {
  const ended = await shop.send('POST', '/api/users/logout/', { access, body: { refresh } })
  shop.require('The customer logs out', ended, 205)
  const profile = await shop.send('GET', '/api/users/profile/', { access })
  shop.expect('The access token is refused immediately', profile, 401, 'token_revoked')
  const refreshed = await shop.send('POST', '/api/token/refresh/', { body: { refresh } })
  shop.expect('The refresh token is refused, too', refreshed, 401, 'token_revoked')
}

/** Guesses passwords for an e-mail that nobody has, so that nobody is locked out. */
export async function checkRateLimit(shop: Shop, report: Report, run: string): Promise<void> {
  const body = { email: `smoke-nobody-${run}@example.com`, password: 'not the password' }
  const MAX_TRIES = 12 // Cloudflare counts a little late
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const answer = await shop.send('POST', '/api/token/', { body })
    if (answer.status === 401 && tries < MAX_TRIES) continue
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
