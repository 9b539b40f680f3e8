import { createHash } from 'node:crypto'
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { app } from '../../src/app.ts'
import { d1Through } from '../d1.ts'
import { type Answer, call, get, ORIGIN, post } from '../http.ts'
import { integrityViolations } from '../integrity.ts'
import { listen } from '../listening.ts'
import {
  aCustomer,
  aGuest,
  anOrder,
  aProduct,
  aRegisteredCustomer,
  contact,
  countBy,
  loggedIn,
  PASSWORD,
  type Person,
  simultaneously,
  unique,
} from '../shop.ts'
import {
  mailsAreSent,
  providerDoes,
  providerError,
  sendMails,
  type SentMail,
  sent,
  to,
} from './post-office.ts'

sendMails()

const NEW_PASSWORD = 'a staple for the horse'

const asksForReset = (email: string) => post('/api/users/password/reset/', { email })
const resets = (token: unknown, new_password: unknown = NEW_PASSWORD) =>
  post('/api/users/password/reset/confirm/', { token, new_password })
const asksForEmail = (person: Person, email: string, password = PASSWORD) =>
  person.call('POST', '/api/users/email/', { body: { email, password } })
const confirms = (person: { access: string }, token: unknown) =>
  post('/api/users/email/confirm/', { token }, { token: person.access })
const restores = (token: unknown) => post('/api/users/email/restore/', { token })
const logsIn = (email: string, password: string) => post('/api/token/', { email, password })

/** The token in the newest mail to an address. */
async function tokenIn(person: { email: string }, page = 'reset-password'): Promise<string> {
  const link = new RegExp(`https://shop\\.example/#/${page}\\?token=([\\w-]{43})(?![\\w-])`)
  await expect.poll(() => to(person).filter(({ text }) => link.test(text)).length).toBeGreaterThan(0)
  const { text, html } = to(person).findLast((mail) => link.test(mail.text))!
  const token = link.exec(text)![1]!
  expect(html).toContain(`#/${page}?token=${token}`)
  return token
}

async function aResetToken(person: { email: string }): Promise<string> {
  sent.length = 0
  expect((await asksForReset(person.email)).status).toBe(202)
  return tokenIn(person)
}

const anAddress = () => `new-${unique()}@example.com`

const refused = (answer: Answer) => hasFieldError(answer, 'token', 'not_valid_token')

function hasFieldError({ status, body }: Answer, field: string, code: string): void {
  expect([status, body.error_codes]).toEqual([400, { [field]: [{ code }] }])
}

describe('a new password by mail', () => {
  it('replaces the old one, ends every session, and is told of', async () => {
    const ann = await aRegisteredCustomer()
    const other = await loggedIn(ann.id, 0)
    const token = await aResetToken(ann)
    expect(await resets(token)).toMatchObject({ status: 204, text: '' })
    expect((await logsIn(ann.email, PASSWORD)).status).toBe(401)
    expect((await logsIn(ann.email, NEW_PASSWORD)).status).toBe(200)
    for (const { access } of [ann, other])
      expect(await get('/api/users/profile/', { token: access })).toBeProblem(401, 'token_revoked')
    expect(await post('/api/token/refresh/', { refresh: other.refresh })).toBeProblem(401, 'token_revoked')
    await expect.poll(() => to(ann).at(-1)!.subject).toBe('Your password has been changed')
    expect(to(ann).at(-1)!.text).not.toContain(NEW_PASSWORD)
  })

  it('is published to the edge and to open streams, as logging out is', async () => {
    const ann = await aCustomer()
    const stream = await listen(ann.access)
    await resets(await aResetToken(ann))
    await expect.poll(() => stream.closed).toMatchObject({ code: 4401 })
    await expect.poll(() => env.REVOKED_SESSIONS.get(`session:${ann.session_id}`)).toBe('')
  })

  it('confirms the address', async () => {
    const ann = await aCustomer()
    expect(await confirmedAt(ann)).toBeNull()
    await resets(await aResetToken(ann))
    expect(await confirmedAt(ann)).toBeGreaterThan(Date.now() - 60_000)
  })

  it('is asked for in any form of the address', async () => {
    const ann = await aCustomer()
    expect((await asksForReset(` ${ann.email.toUpperCase()} `)).status).toBe(202)
    await tokenIn(ann)
  })

  it.each([
    ['short', 'too_short'],
    ['12345678901', 'digits_only'],
    ['password123', 'too_common'],
  ])('obeys the rules of passwords, and %j uses up no token', async (weak, code) => {
    const ann = await aCustomer()
    const token = await aResetToken(ann)
    const answer = await resets(token, weak)
    expect(answer.status).toBe(400)
    expect(answer.body.error_codes.new_password[0].code).toBe(code)
    expect((await resets(token, `${ann.email.slice(0, 20)}x`)).body.error_codes.new_password[0].code).toBe(
      'like_email',
    )
    expect((await resets(token)).status).toBe(204)
  })

  it('is stored as a hash alone', async () => {
    const ann = await aCustomer()
    const token = await aResetToken(ann)
    const { results } = await env.DB.prepare('SELECT * FROM one_time_tokens').all()
    expect(results.length).toBeGreaterThan(0)
    expect(JSON.stringify(results)).not.toContain(token)
  })

  it('does not depend on the mail: the answer is 202 while the provider fails', async () => {
    const ann = await aCustomer()
    providerDoes(() => {
      throw providerError('E_INTERNAL_SERVER_ERROR')
    })
    expect((await asksForReset(ann.email)).status).toBe(202)
    providerDoes(() => new Promise(() => {}))
    expect((await asksForReset(ann.email)).status).toBe(202)
  })

  it('cannot be kept from the owner by a stranger who asks again and again', async () => {
    const ann = await aRegisteredCustomer()
    await asksForReset(ann.email)
    const first = await tokenIn(ann)
    for (let n = 0; n < 20; n += 1) expect((await asksForReset(ann.email)).status).toBe(202)
    await expect.poll(() => to(ann).length).toBe(5)
    expect((await logsIn(ann.email, PASSWORD)).status).toBe(200)
    expect((await resets(first)).status).toBe(204)
    sent.length = 0
    await asksForReset(ann.email) // the others are gone, so there is room again
    await tokenIn(ann)
  })
})

describe('asking for a new password', () => {
  it('gets the same answer for the same work, whether or not there is an account', async () => {
    const ann = await aCustomer()
    const known = await worksFor(ann.email)
    const unknown = await worksFor(anAddress())
    expect(known.statements).toEqual(unknown.statements)
    expect(known.statements).toHaveLength(1)
    expect([known.writes, unknown.writes]).toEqual([true, true])
    expect(known.answer).toEqual(unknown.answer)
    expect(known.answer.status).toBe(202)
    expect(known.answer.headers).not.toHaveProperty('x-d1-bookmark') // a stored token moves it on
    expect([known.mails, unknown.mails]).toEqual([1, 0])
  })

  it('does not tell when an account has had enough mails', async () => {
    const ann = await aCustomer()
    for (let n = 0; n < 5; n += 1) await asksForReset(ann.email)
    expect((await worksFor(ann.email)).answer).toEqual((await worksFor(anAddress())).answer)
  })

  it('is limited by address and e-mail, the same for every e-mail', async () => {
    const ann = await aCustomer()
    for (const email of [ann.email, anAddress()]) {
      const keys: string[] = []
      const limiter = { limit: async ({ key }: { key: string }) => ({ success: keys.push(key) <= 2 }) }
      const limiters = { LIMIT_LOG_IN: limiter, LIMIT_LOG_IN_BY_ADDRESS: limiter }
      const { answer } = await worksFor(email, { RATE_LIMITING: 'on', ...limiters })
      expect(answer.status).toBe(202)
      expect(keys).toEqual(['recovery 192.0.2.7', expect.stringMatching(/^recovery [\w-]{43} 192\.0\.2\.7$/)])
      expect((await worksFor(email, { RATE_LIMITING: 'on', ...limiters })).answer.status).toBe(429)
    }
  })

  it('needs an e-mail', async () => {
    const { status, body } = await post('/api/users/password/reset/', {})
    expect([status, body.error_codes]).toEqual([400, { email: [{ code: 'required' }] }])
  })

  it('changes nothing for an account whose owner does not read the mail', async () => {
    const ann = await aRegisteredCustomer()
    await asksForReset(ann.email)
    expect((await logsIn(ann.email, PASSWORD)).status).toBe(200)
    expect((await ann.call('GET', '/api/users/profile/')).status).toBe(200)
  })
})

describe('a change of address', () => {
  it('takes effect when the new address is confirmed, and the former one is told', async () => {
    const ann = await aRegisteredCustomer()
    const email = anAddress()
    expect((await asksForEmail(ann, email)).status).toBe(202)
    expect((await ann.call('GET', '/api/users/profile/')).body.email).toBe(ann.email)
    const token = await tokenIn({ email }, 'confirm-email')
    expect((await confirms(ann, token)).status).toBe(204)
    expect((await ann.call('GET', '/api/users/profile/')).body.email).toBe(email)
    expect((await logsIn(email, PASSWORD)).status).toBe(200)
    expect((await logsIn(ann.email, PASSWORD)).status).toBe(401)
    expect(await confirmedAt(ann)).not.toBeNull()
    const [notice] = await expect
      .poll(() => to(ann))
      .toHaveLength(1)
      .then(() => to(ann))
    expect(notice!.subject).toBe('Your e-mail address has been changed')
    expect(notice!.text).not.toContain(email)
  })

  it('can be taken back by the former address, which ends sessions and the password', async () => {
    const ann = await aRegisteredCustomer()
    const thief = anAddress()
    await asksForEmail(ann, thief)
    await confirms(ann, await tokenIn({ email: thief }, 'confirm-email'))
    // Whatever the thief does next, the restore token stays.
    const restore = await tokenIn(ann, 'restore-email')
    await resets(await aResetToken({ email: thief }))
    const second = anAddress()
    const session = (await logsIn(thief, NEW_PASSWORD)).body
    await post('/api/users/email/', { email: second, password: NEW_PASSWORD }, { token: session.access })
    await confirms(session, await tokenIn({ email: second }, 'confirm-email'))
    const back = await tokenIn({ email: thief }, 'restore-email')
    const squatting = { email: ann.email, password: PASSWORD, name: 'Thief', phone: '1' }
    expect(await post('/api/users/register/', squatting)).toBeProblem(409, 'email_taken')

    expect((await restores(restore)).status).toBe(204)
    refused(await restores(back)) // made later, for an address of the thief
    expect(await get('/api/users/profile/', { token: session.access })).toBeProblem(401, 'token_revoked')
    for (const email of [ann.email, thief, second])
      for (const password of [PASSWORD, NEW_PASSWORD])
        expect((await logsIn(email, password)).status).toBe(401)
    await resets(await aResetToken(ann), 'the horse is mine again')
    expect((await logsIn(ann.email, 'the horse is mine again')).status).toBe(200)
    refused(await restores(restore))
    expect(await integrityViolations()).toEqual({})
  })

  it('moves the orders of guests with the former address to the account, if it had confirmed that', async () => {
    const ann = await aRegisteredCustomer()
    await resets(await aResetToken(ann), PASSWORD) // confirms the address
    const { access } = (await logsIn(ann.email, PASSWORD)).body
    const guest = await aGuest()
    await guest.adds(await aProduct())
    const { body: order } = await guest.orders({ ...contact(), email: ann.email })
    const email = anAddress()
    await post('/api/users/email/', { email, password: PASSWORD }, { token: access })
    expect((await confirms({ access }, await tokenIn({ email }, 'confirm-email'))).status).toBe(204)
    const { orders } = (await get('/api/users/export/', { token: access })).body
    expect(orders.map(({ id }: { id: number }) => id)).toEqual([order.id])
  })

  it('forgets the networks, which are known by the address', async () => {
    const [ann, bob] = [await aRegisteredCustomer(), await aRegisteredCustomer()]
    const networksOf = async ({ id }: Person) =>
      (await env.DB.prepare('SELECT * FROM known_networks WHERE user_id = ?').bind(id).all()).results.length
    for (const { email } of [ann, bob])
      await call('POST', '/api/token/', {
        body: { email, password: PASSWORD },
        headers: { 'CF-Connecting-IP': '192.0.2.7' },
      })
    for (const [email, left] of [
      [ann.email, 1],
      [anAddress(), 0],
    ] as const) {
      await asksForEmail(ann, email)
      await confirms(ann, await tokenIn({ email }, 'confirm-email'))
      expect(await networksOf(ann)).toBe(left)
    }
    expect(await networksOf(bob)).toBe(1)
    await mailsAreSent()
  })

  it('is told of later if the provider fails, with a restore token of which only the hash is stored', async () => {
    const ann = await aRegisteredCustomer()
    const email = anAddress()
    await asksForEmail(ann, email)
    const token = await tokenIn({ email }, 'confirm-email')
    let attempts = 0
    providerDoes(() => {
      attempts += 1
      throw providerError('E_DELIVERY_FAILED')
    })
    expect((await confirms(ann, token)).status).toBe(204)
    await expect.poll(() => attempts).toBe(1)
    await mailsAreSent()
    expect([attempts, to(ann)]).toEqual([1, []])
    providerDoes(() => {})
    await env.DB.exec('UPDATE one_time_tokens SET mail_at = 0 WHERE mail_at IS NOT NULL')
    await mailsAreSent()
    const restore = await tokenIn(ann, 'restore-email')
    const { results } = await env.DB.prepare('SELECT * FROM one_time_tokens').all()
    expect(JSON.stringify(results)).not.toContain(restore)
    await mailsAreSent()
    expect(to(ann)).toHaveLength(1)
    expect((await restores(restore)).status).toBe(204)
  })

  it('is told of again when the answer of the provider is lost, and either link takes it back', async () => {
    const ann = await aRegisteredCustomer()
    await changesAddress(ann, (mail) => {
      if (!mail.subject.startsWith('Your e-mail address')) return
      sent.push(mail)
      throw new Error('The answer is lost')
    })
    const first = await tokenIn(ann, 'restore-email')
    providerDoes(() => {})
    await restoreIsDue(ann)
    const second = await tokenIn(ann, 'restore-email')
    expect(second).not.toBe(first)
    await restoreIsDue(ann)
    expect(to(ann)).toHaveLength(2)
    expect((await restores(first)).status).toBe(204)
    refused(await restores(second))
    expect((await ann.call('GET', '/api/users/profile/')).status).toBe(401)
  })

  it('that has been taken back is told of no more, even by a mailer that has begun', async () => {
    const ann = await aRegisteredCustomer()
    await changesAddress(ann, () => {
      throw providerError('E_DELIVERY_FAILED')
    })
    providerDoes(() => {})
    const { DB } = env
    let batches = 0
    const deleting = d1Through(DB, async (batch, session) => {
      batches += 1
      if (batches === 2) await DB.exec('DELETE FROM one_time_tokens')
      return session.batch(batch)
    })
    await env.DB.exec('UPDATE one_time_tokens SET mail_at = 0 WHERE mail_at IS NOT NULL')
    Object.assign(env, { DB: deleting })
    try {
      await mailsAreSent()
    } finally {
      Object.assign(env, { DB })
    }
    expect(batches).toBeGreaterThan(1)
    expect(to(ann)).toEqual([])
  })

  it('is told of later and later while the provider fails', async () => {
    const ann = await aRegisteredCustomer()
    await changesAddress(ann, () => {
      throw providerError('E_DELIVERY_FAILED')
    })
    const minutesAfter = async (age: number) => {
      await env.DB.prepare('UPDATE one_time_tokens SET expires_at = ? WHERE user_id = ?')
        .bind(Date.now() + (72 * 60 - age) * 60_000, ann.id)
        .run()
      await restoreIsDue(ann)
      const { mail_at } = (await env.DB.prepare(
        'SELECT max(mail_at) AS mail_at FROM one_time_tokens',
      ).first())!
      return Math.round(((mail_at as number) - Date.now()) / 60_000)
    }
    expect([await minutesAfter(1), await minutesAfter(20), await minutesAfter(600)]).toEqual([6, 25, 60])
  })

  it('keeps no order mail waiting, and waits for a provider that takes no mail', async () => {
    const [ann, bob, cid] = [
      await aRegisteredCustomer(),
      await aRegisteredCustomer(),
      await aRegisteredCustomer(),
    ]
    const fails = () => {
      throw providerError('E_DELIVERY_FAILED')
    }
    await env.DB.exec('DELETE FROM one_time_tokens') // of other tests
    for (const person of [ann, bob]) await changesAddress(person, fails)
    const attempts: string[] = []
    providerDoes((mail) => {
      attempts.push(mail.to)
      if (mail.to !== cid.email) fails()
    })
    await env.DB.exec('UPDATE one_time_tokens SET mail_at = 0 WHERE mail_at IS NOT NULL')
    await anOrder(cid)
    await mailsAreSent()
    expect(attempts).toHaveLength(3)
    expect(attempts[1]).toBe(cid.email)

    attempts.length = 0
    providerDoes((mail) => {
      attempts.push(mail.to)
      throw providerError('E_DAILY_LIMIT_EXCEEDED')
    })
    await env.DB.exec('UPDATE one_time_tokens SET mail_at = 0 WHERE mail_at IS NOT NULL')
    await mailsAreSent()
    expect(attempts).toHaveLength(1)
  })

  it('is asked for with the password', async () => {
    const ann = await aRegisteredCustomer()
    hasFieldError(await asksForEmail(ann, anAddress(), 'wrong password'), 'password', 'wrong_password')
    expect(sent).toEqual([])
  })

  it('to an address that is taken gets the same answer, and is refused at its confirmation', async () => {
    const [ann, bob] = [await aRegisteredCustomer(), await aRegisteredCustomer()]
    const answers = [await asksForEmail(ann, bob.email.toUpperCase()), await asksForEmail(ann, anAddress())]
    expect(answers.map(({ status }) => status)).toEqual([202, 202])
    expect(answers[0]!.text).toBe(answers[1]!.text)
    const token = await tokenIn({ email: bob.email.toUpperCase() }, 'confirm-email')
    expect(await confirms(ann, token)).toBeProblem(409, 'email_taken')
    expect((await ann.call('GET', '/api/users/profile/')).body.email).toBe(ann.email)
    expect((await logsIn(bob.email, PASSWORD)).status).toBe(200)
  })

  it('is confirmed by nobody but the account that asked for it', async () => {
    const email = anAddress()
    const stranger = await aRegisteredCustomer({ email })
    const [guest, owner] = [await aGuest(), await aRegisteredCustomer()]
    await guest.adds(await aProduct())
    await guest.orders({ ...contact(), email })
    await asksForEmail(stranger, email)
    const token = await tokenIn({ email }, 'confirm-email')
    expect(await post('/api/users/email/confirm/', { token })).toBeProblem(401, 'token_missing')
    for (const person of [owner, guest]) refused(await confirms(person, token))
    refused(await restores(token))
    expect(await confirmedAt(stranger)).toBeNull()
    expect(await stranger.orderHistory()).toEqual([])
    expect((await confirms(stranger, token)).status).toBe(204)
    expect(await stranger.orderHistory()).toHaveLength(1)
  })

  it('that two accounts want is made by one of them', async () => {
    const people = [await aRegisteredCustomer(), await aRegisteredCustomer()]
    const email = anAddress()
    const tokens: string[] = []
    for (const person of people) {
      await asksForEmail(person, email)
      await expect.poll(() => to({ email }).length).toBe(tokens.length + 1)
      tokens.push(await tokenIn({ email }, 'confirm-email'))
    }
    const answers = await Promise.all(people.map((person, n) => confirms(person, tokens[n])))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 204: 1, 409: 1 })
  })

  it('to the own address confirms it, and tells nobody', async () => {
    const ann = await aRegisteredCustomer()
    await asksForEmail(ann, ann.email)
    await confirms(ann, await tokenIn(ann, 'confirm-email'))
    expect(await confirmedAt(ann)).not.toBeNull()
    expect(to(ann)).toHaveLength(1)
    expect((await ann.call('GET', '/api/users/profile/')).body.email).toBe(ann.email)
  })

  it('sends at most five mails in an hour', async () => {
    const ann = await aRegisteredCustomer()
    for (let n = 0; n < 5; n += 1) expect((await asksForEmail(ann, anAddress())).status).toBe(202)
    expect(await asksForEmail(ann, anAddress())).toBeProblem(429, 'too_many_requests')
    expect(sent).toHaveLength(5)
  })
})

describe('a token by mail', () => {
  it.each([
    ['truncated', (token: string) => token.slice(0, -1)],
    ['extended', (token: string) => `${token}A`],
    ['in another case', (token: string) => token.toUpperCase()],
    ['with a space', (token: string) => ` ${token}`],
    ['as the hash that is stored', (token: string) => createHash('sha256').update(token).digest('base64url')],
    ['empty', () => ''],
    ['SQL', () => `' OR 1=1 --`],
    ['of sixty thousand characters', () => 'A'.repeat(60_000)],
    ['a lone surrogate', () => '\ud800'],
  ])('is refused %s', async (_, change) => {
    const ann = await aCustomer()
    const token = await aResetToken(ann)
    refused(await resets(change(token)))
    refused(await confirms(ann, change(token)))
    refused(await restores(change(token)))
    expect((await resets(token)).status).toBe(204)
  })

  it.each([[['a']], [{ a: 1 }], [7], [true]])('that is no text is refused: %j', async (token) => {
    const answer = await resets(token)
    expect(answer.status).toBe(400)
    expect(Object.keys(answer.body.errors)).toEqual(['token'])
  })

  it('is refused when it is used again', async () => {
    const ann = await aRegisteredCustomer()
    const token = await aResetToken(ann)
    await resets(token)
    refused(await resets(token, 'another good password'))
    expect((await logsIn(ann.email, NEW_PASSWORD)).status).toBe(200)
    const again = await fresh(ann)
    await asksForEmail(again, anAddress(), NEW_PASSWORD)
    const [{ to: email }] = sent.slice(-1) as [SentMail]
    const confirmation = await tokenIn({ email }, 'confirm-email')
    expect((await confirms(again, confirmation)).status).toBe(204)
    refused(await confirms(again, confirmation))
  })

  it('wins once of many simultaneous uses', async () => {
    const ann = await aCustomer()
    const token = await aResetToken(ann)
    const answers = await simultaneously(4, (n) => resets(token, `a good password of ${'abcdef'[n]}`))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 204: 1, 400: 3 })
    const logIns = await simultaneously(4, (n) => logsIn(ann.email, `a good password of ${'abcdef'[n]}`))
    expect(logIns.map(({ status }) => status === 200)).toEqual(answers.map(({ status }) => status === 204))
  })

  it('is refused for another purpose', async () => {
    const ann = await aRegisteredCustomer()
    const reset = await aResetToken(ann)
    await asksForEmail(ann, ann.email)
    const confirm = await tokenIn(ann, 'confirm-email')
    refused(await confirms(ann, reset))
    refused(await restores(reset))
    refused(await restores(confirm))
    refused(await resets(confirm))
    for (const token of [reset, confirm]) {
      expect(await post('/api/token/verify/', { token })).toBeProblem(401, 'token_invalid')
      expect(await get('/api/users/profile/', { token })).toBeProblem(401, 'token_invalid')
    }
    refused(await resets(ann.access))
    refused(await resets(ann.refresh))
  })

  it.each([
    ['reset_password', 30],
    ['confirm_email', 24 * 60],
    ['restore_email', 72 * 60],
  ])('for %s expires after %d minutes', async (purpose, minutes) => {
    const ann = await aRegisteredCustomer()
    const email = anAddress()
    let token = await aResetToken(ann)
    if (purpose !== 'reset_password') {
      await asksForEmail(ann, email)
      token = await tokenIn({ email }, 'confirm-email')
    }
    if (purpose === 'restore_email') {
      await confirms(ann, token)
      token = await tokenIn(ann, 'restore-email')
    }
    const { expires_at } = await lastToken(ann)
    expect(Math.round((expires_at - Date.now()) / 60_000)).toBe(minutes)
    await env.DB.prepare('UPDATE one_time_tokens SET expires_at = ? WHERE user_id = ?')
      .bind(Date.now(), ann.id)
      .run()
    const uses = { reset_password: resets, restore_email: restores }[purpose]
    refused(await (uses ? uses(token) : confirms(ann, token)))
  })

  it('dies with a change of the password or the address', async () => {
    const ann = await aRegisteredCustomer()
    const email = anAddress()
    const reset = await aResetToken(ann)
    await asksForEmail(ann, email)
    const confirm = await tokenIn({ email }, 'confirm-email')
    const body = { current_password: PASSWORD, new_password: NEW_PASSWORD }
    expect((await ann.call('POST', '/api/users/password/', { body })).status).toBe(204)
    refused(await resets(reset))
    refused(await confirms(ann, confirm))

    const earlier = await aResetToken(ann)
    await asksForEmail(ann, email, NEW_PASSWORD)
    await confirms(ann, await tokenIn({ email }, 'confirm-email'))
    refused(await resets(earlier))
  })

  it('is consumed by no GET', async () => {
    const ann = await aCustomer()
    const token = await aResetToken(ann)
    for (const path of [
      '/api/users/password/reset/confirm/',
      '/api/users/email/confirm/',
      '/api/users/email/restore/',
    ])
      expect(await get(path)).toBeProblem(405, 'method_not_allowed')
    expect((await resets(token)).status).toBe(204)
  })

  it('goes with the address of an account that is erased', async () => {
    const ann = await aRegisteredCustomer()
    const email = anAddress()
    await asksForEmail(ann, email)
    await confirms(ann, await tokenIn({ email }, 'confirm-email'))
    await aResetToken({ email })
    await env.DB.prepare(`UPDATE users SET email = '', email_key = NULL WHERE id = ?`).bind(ann.id).run()
    const { results } = await env.DB.prepare('SELECT * FROM one_time_tokens WHERE user_id = ?')
      .bind(ann.id)
      .all()
    expect(results).toEqual([])
  })
})

/** Gives an account another address, with a provider that does this from the confirmation on. */
async function changesAddress(person: Person, act: (mail: SentMail) => unknown): Promise<void> {
  const email = anAddress()
  providerDoes(() => {})
  await asksForEmail(person, email)
  const token = await tokenIn({ email }, 'confirm-email')
  providerDoes(act)
  expect((await confirms(person, token)).status).toBe(204)
  await mailsAreSent()
}

/** The time until the next attempt passes. */
async function restoreIsDue({ id }: Person): Promise<void> {
  await env.DB.prepare('UPDATE one_time_tokens SET mail_at = 0 WHERE user_id = ? AND mail_at IS NOT NULL')
    .bind(id)
    .run()
  await mailsAreSent()
}

async function confirmedAt({ id }: Person): Promise<number | null> {
  const user = await env.DB.prepare('SELECT email_confirmed_at FROM users WHERE id = ?').bind(id).first()
  return user!['email_confirmed_at'] as number | null
}

/** Of an account, the one that is valid for longest. */
async function lastToken({ id }: Person): Promise<{ hash: string; expires_at: number }> {
  const statement = 'SELECT * FROM one_time_tokens WHERE user_id = ? ORDER BY expires_at DESC LIMIT 1'
  return (await env.DB.prepare(statement).bind(id).first())!
}

async function fresh(person: Person): Promise<Person> {
  const { access } = await loggedIn(person.id, 0)
  return {
    ...person,
    access,
    call: (method, path, options) => person.call(method, path, { ...options, token: access }),
  }
}

/** What one request to reset the password does: its answer, its statements, and the mails that follow. */
async function worksFor(email: string, bindings: object = {}) {
  sent.length = 0
  const statements: number[] = []
  let writes = false
  const DB = d1Through(env.DB, async (batch, session) => {
    statements.push(batch.length)
    const results = await session.batch(batch)
    writes ||= results.some(({ meta }) => meta.rows_written > 0)
    return results
  })
  const context = createExecutionContext()
  const request = new Request(`${ORIGIN}/api/users/password/reset/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': '192.0.2.7' },
    body: JSON.stringify({ email }),
  })
  const answer = await app.fetch(request, { ...env, DB, SERVER_TIMING: '', ...bindings }, context)
  await waitOnExecutionContext(context)
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !name.includes('request-id')))
  return {
    answer: { status: answer.status, text: answer.status === 429 ? '' : await answer.text(), headers },
    statements,
    writes,
    mails: sent.length,
  }
}
