import { Db } from '../db/client.ts'
import { backOff, EventReader } from '../events/reader.ts'
import { toMoney } from '../money.ts'
import { toOrder } from '../orders/order.ts'
import { type MailSettings, mailOf } from '../settings.ts'
import { beginAttempt, deleteMail, endMail, recordFailure, takeMails, type RestoreToken } from './queries.ts'
import { type Outcome, sendMail } from './send-mail.ts'
import { emailChangedMail } from './templates/account-mail.ts'
import { orderMail } from './templates/order-mail.ts'
import { newToken, RESTORE_TOKEN_MILLISECONDS } from './token.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Rounds per run: their mails take about ten seconds to send. */
const ROUNDS = 5

/** Between the attempts of one mail. After three days of attempts it is parked. */
const FIRST_RETRY_MILLISECONDS = 30_000
const MAX_ATTEMPTS = 75

/** The delay before the next attempt is this plus the age of the restore token: it doubles, up to an hour. */
const FIRST_RESTORE_RETRY_MILLISECONDS = 5 * MINUTE

/** When this many mails in a row have failed, the provider is taken to be out of order. */
const FAILURES_IN_A_ROW = 3
const MAX_PAUSE_MILLISECONDS = 30 * MINUTE

type Mail = Awaited<ReturnType<typeof takeMails>>['mails'][number]

/** A time without attempts, as the provider is out of order; stored, so that it does not end with the object. */
interface Pause {
  /** Milliseconds since 1970. */
  until: number
  /** Pauses since the last mail that was sent. */
  count: number
}

/**
 * Sends the mails about orders, and those with a restore token after a change of address: one object for the whole shop.
 * Mails of an order are sent in order; one that fails is tried again later and delays no other order's. One that the
 * provider refuses for good, or that fails for three days, is parked.
 */
export class Mailer extends EventReader {
  protected override async read(): Promise<number | undefined> {
    const settings = mailOf(this.env)
    if (!settings) return undefined
    const db = new Db(this.env.DB)
    for (let round = 0; round < ROUNDS; round += 1) {
      const now = Date.now()
      const { mails, more, restoreToken } = await takeMails(db, now)
      const pause = this.ctx.storage.kv.get<Pause>('pause')
      if (pause && pause.until > now) return more ? now : pause.until
      const isDue = restoreToken !== undefined && restoreToken.mail_at <= now
      const due = mails.filter(({ next_at }) => next_at <= now)
      const times = [mails[0]?.next_at, restoreToken?.mail_at].filter((at) => at !== undefined)
      if (due.length === 0 && !more && !isDue) return times.toSorted((a, b) => a - b)[0]
      const paused =
        (isDue && (await this.#sendRestoreToken(db, settings, restoreToken))) ||
        (await this.#sendAll(db, settings, due))
      if (paused) return paused
    }
    return Date.now()
  }

  /** If the provider turned out to be out of order, returns when the pause ends, in milliseconds since 1970. */
  async #sendAll(db: Db, settings: MailSettings, mails: readonly Mail[]): Promise<number | undefined> {
    let failures = 0
    for (const mail of mails) {
      const outcome = await this.#send(settings, mail)
      if (outcome.result === 'sent') {
        failures = 0
        this.ctx.storage.kv.delete('pause')
        await db.batch([deleteMail(mail.id)])
        continue
      }
      console.warn(`Mail ${mail.id} was not sent: ${outcome.error}`)
      if (outcome.result === 'unavailable') {
        await db.batch([recordUnavailability(mail, outcome.error)])
        return this.#pause(outcome.retry_after)
      }
      await db.batch([recordAttempt(mail, outcome)])
      failures = outcome.result === 'failed' ? failures + 1 : 0
      if (failures === FAILURES_IN_A_ROW) return this.#pause()
    }
    return undefined
  }

  /** There is nobody to write to once the customer's data has been erased. */
  async #send(settings: MailSettings, { type, order, ...mail }: Mail): Promise<Outcome> {
    if (!order?.email) return { result: 'sent' }
    const refund =
      mail.refund_cents === null
        ? undefined
        : { amount: toMoney(mail.refund_cents), currency: mail.refund_currency! }
    const context = { shop: settings.shop, refund, confirmed: order.confirmed === 1 }
    return sendMail(this.env.EMAIL, settings, order.email, orderMail(type, toOrder(order), context))
  }

  /** Its token is made anew for each attempt. Returns the same. */
  async #sendRestoreToken(
    db: Db,
    settings: MailSettings,
    restoreToken: RestoreToken,
  ): Promise<number | undefined> {
    const now = Date.now()
    const age = now - (restoreToken.expires_at - RESTORE_TOKEN_MILLISECONDS)
    const next_at = now + Math.min(HOUR, FIRST_RESTORE_RETRY_MILLISECONDS + age)
    const { token, hash } = newToken()
    if (!(await beginAttempt(db, restoreToken.hash, hash, next_at))) return undefined
    const mail = emailChangedMail(settings.shop, token)
    const outcome = await sendMail(this.env.EMAIL, settings, restoreToken.email, mail)
    if (outcome.result === 'sent' || outcome.result === 'refused')
      await db.batch([endMail(restoreToken.hash)])
    if (outcome.result !== 'sent') console.warn(`A restore token was not sent: ${outcome.error}`)
    return outcome.result === 'unavailable' ? this.#pause(outcome.retry_after) : undefined
  }

  #pause(milliseconds?: number): number {
    const { count = 0 } = this.ctx.storage.kv.get<Pause>('pause') ?? {}
    const until = Date.now() + (milliseconds ?? backOff(count, MINUTE, MAX_PAUSE_MILLISECONDS))
    this.ctx.storage.kv.put<Pause>('pause', { until, count: count + 1 })
    return until
  }
}

/** Not an attempt: the mail is the first one after the pause. */
function recordUnavailability({ id, attempts, next_at }: Mail, error: string) {
  return recordFailure(id, { state: 'waiting', error, attempts, next_at })
}

function recordAttempt({ id, attempts }: Mail, { result, error }: { result: string; error: string }) {
  const isOver = result === 'refused' || attempts + 1 >= MAX_ATTEMPTS
  return recordFailure(id, {
    state: isOver ? 'parked' : 'waiting',
    error,
    attempts: attempts + 1,
    next_at: Date.now() + backOff(attempts, FIRST_RETRY_MILLISECONDS, HOUR),
  })
}
