import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { EmailBinding } from '../../src/env.ts'
import { PAUSE_MILLISECONDS } from '../../src/events/reader.ts'

/** A shop that sends mail, with a provider that keeps what it takes. */

export type SentMail = Parameters<EmailBinding['send']>[0]

/** What the provider has taken since the test began. */
export let sent: SentMail[]

/** What the provider does with a mail before it takes it; throws to refuse it. */
let onSend: (mail: SentMail) => unknown

export const SETTINGS = { MAIL_FROM: 'Kiosk <orders@shop.example>', SHOP_URL: 'https://shop.example' }

/** Makes the shop of a test file one that sends mail. */
export function sendMails(): void {
  const { EMAIL } = env
  beforeAll(() => {
    const provider: EmailBinding = {
      async send(mail) {
        await onSend(mail)
        sent.push(mail)
      },
    }
    Object.assign(env, SETTINGS, { EMAIL: provider })
  })
  afterAll(() => {
    Object.assign(env, { MAIL_FROM: '', SHOP_URL: '', EMAIL })
  })
  beforeEach(async () => {
    await env.DB.exec('DELETE FROM mails')
    await runInDurableObject(mailer(), (_, { storage }) => storage.deleteAll())
    providerDoes(() => {})
    sent = []
  })
}

export function providerDoes(act: (mail: SentMail) => unknown): void {
  onSend = act
}

/** An error of Cloudflare's, by its code. */
export function providerError(code: string): Error {
  return Object.assign(new Error(`It failed with ${code}`), { code })
}

export const mailer = () => env.MAILER.getByName('mail')

/** Lets the mailer run until it has nothing more to do now. */
export async function mailsAreSent(): Promise<void> {
  await mailer().wake()
  for (let run = 0; run < 20; run += 1) {
    await runDurableObjectAlarm(mailer())
    const next = await runInDurableObject(mailer(), (_, { storage }) => storage.getAlarm())
    if (next === null || next > Date.now() + PAUSE_MILLISECONDS) return
  }
  throw new Error('The mailer does not come to an end.')
}

export const to = (person: { email: string }): SentMail[] => sent.filter((mail) => mail.to === person.email)
