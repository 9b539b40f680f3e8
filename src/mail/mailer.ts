import { Db } from '../db/client.ts'
import { backOff, EventReader, PAGE_MILLISECONDS } from '../events/reader.ts'
import { hashOfEmail } from '../http/rate-limit.ts'
import { toMoney } from '../money.ts'
import { toOrder } from '../orders/order.ts'
import { type MailSettings, mailOf } from '../settings.ts'
import {
  beginAttempt,
  endMail,
  type FailedMail,
  type SentMail,
  takeMails,
  type RestoreMail,
} from './queries.ts'
import { type Failure, type Outcome, sendMail } from './send-mail.ts'
import { emailChangedMail } from './templates/account-mail.ts'
import { orderMail } from './templates/order-mail.ts'
import { newToken, RESTORE_TOKEN_MILLISECONDS } from './token.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** After this time a run ends, and the next one begins. */
const RUN_MILLISECONDS = 10_000

/** Between the attempts of one mail. After three days of attempts it is parked. */
const FIRST_RETRY_MILLISECONDS = 30_000
const MAX_ATTEMPTS = 75

/** The delay before the next attempt is this plus the age of the restore token: it doubles, up to an hour. */
const FIRST_RESTORE_RETRY_MILLISECONDS = 5 * MINUTE

/** When this many mails in a row have failed, the provider is taken to be out of order. */
const FAILURES_IN_A_ROW = 3
const MAX_PAUSE_MILLISECONDS = 30 * MINUTE

/**
 * Mails in a fixed hour to one recipient, and for one guest or account: about unpaid orders that were placed or cancelled,
 * unless the account has confirmed the e-mail. Anybody can place and cancel these with the e-mail of somebody else.
 */
const MAX_UNCONFIRMED_MAILS = 20

const COUNTER = 'unconfirmed '

type Mail = Awaited<ReturnType<typeof takeMails>>['mails'][number]

/** A time without attempts, as the provider is out of order; stored, so that it does not end with the object. */
interface Pause {
  /** Milliseconds since 1970. */
  until: number
  /** Pauses since the last mail about an order that was sent. */
  count: number
}

/**
 * Sends the mails about orders, and those with a restore token after a change of address: one object for the whole shop.
 * Mails of an order are sent in order; one that fails is tried again later and delays no other order's. One that the
 * provider refuses for good, or that fails for three days, is parked.
 */
export class Mailer extends EventReader<SentMail> {
  protected override async read(): Promise<number | undefined> {
    const settings = mailOf(this.env)
    if (!settings) return undefined
    this.#resetCounters()
    const db = new Db(this.env.DB)
    let failed: FailedMail[] = []
    for (const end = Date.now() + RUN_MILLISECONDS; ;) {
      const now = Date.now()
      const { mails, more, restoreMail } = await this.record((sent) => takeMails(db, now, sent, failed))
      const pause = this.ctx.storage.kv.get<Pause>('pause')
      if (pause && pause.until > now) return more ? now : pause.until
      const isDue = restoreMail !== undefined && restoreMail.mail_at <= now
      const due = mails.filter(({ next_at }) => next_at <= now)
      const times = [mails[0]?.next_at, restoreMail?.mail_at].filter((at) => at !== undefined)
      if (due.length === 0 && !more && !isDue) return times.toSorted((a, b) => a - b)[0]
      if (now >= end) return now
      const isPaused = isDue && (await this.#sendRestoreMail(db, settings, restoreMail))
      failed = isPaused ? [] : await this.#sendAll(settings, due, now)
    }
  }

  /** Sends mails for about a second, or until the provider turns out to be out of order; returns what failed. */
  async #sendAll(settings: MailSettings, mails: readonly Mail[], now: number): Promise<FailedMail[]> {
    const failed: FailedMail[] = []
    let failures = 0
    for (const mail of mails) {
      const outcome = await this.#send(settings, mail)
      if (!outcome) {
        this.remember({ id: mail.id, created_at: mail.created_at })
        continue
      }
      if (outcome.result === 'sent') {
        failures = 0
        this.ctx.storage.kv.delete('pause')
        this.remember({ id: mail.id, created_at: mail.created_at })
        if (Date.now() >= now + PAGE_MILLISECONDS) break
        continue
      }
      console.warn(`Mail ${mail.id} was not sent: ${outcome.error}`)
      failed.push(toFailed(mail, outcome))
      failures = outcome.result === 'failed' ? failures + 1 : 0
      if (outcome.result === 'unavailable' || failures === FAILURES_IN_A_ROW) {
        this.#pause(outcome.retry_after)
        break
      }
    }
    return failed
  }

  /**
   * Undefined if there is nobody to write to, as the customer's data has been erased, or the limit of unconfirmed mails
   * is reached. The limit counts what was sent, and not orders: a guest who deletes their data takes the e-mail out of
   * the orders.
   */
  async #send(settings: MailSettings, { type, order, ...mail }: Mail): Promise<Outcome | undefined> {
    if (!order?.email) return undefined
    const { kv } = this.ctx.storage
    const isLimited = order.confirmed === 0 && order.paid_cents === 0 && type !== 'shipped'
    const counters = isLimited ? [hashOfEmail(order.email), order.user_id].map((of) => `${COUNTER}${of}`) : []
    const count = (counter: string) => kv.get<number>(counter) ?? 0
    if (counters.some((counter) => count(counter) >= MAX_UNCONFIRMED_MAILS)) return undefined
    const refund =
      mail.refund_cents === null
        ? undefined
        : { amount: toMoney(mail.refund_cents), currency: mail.refund_currency! }
    const context = { shop: settings.shop, refund, confirmed: order.confirmed === 1 }
    const outcome = await sendMail(
      this.env.EMAIL,
      settings,
      order.email,
      orderMail(type, toOrder(order), context),
    )
    if (outcome.result === 'sent') for (const counter of counters) kv.put(counter, count(counter) + 1)
    return outcome
  }

  /** Deletes the counters of unconfirmed mails, once an hour. */
  #resetCounters(): void {
    const { kv } = this.ctx.storage
    const now = Date.now()
    if ((kv.get<number>('counted_from') ?? 0) > now - HOUR) return
    const counters = [...kv.list({ prefix: COUNTER })]
    for (const [counter] of counters) kv.delete(counter)
    kv.put('counted_from', now)
  }

  /** Its token is made anew for each attempt. True if the provider turned out to be out of order. */
  async #sendRestoreMail(db: Db, settings: MailSettings, restoreMail: RestoreMail): Promise<boolean> {
    const now = Date.now()
    const age = now - (restoreMail.expires_at - RESTORE_TOKEN_MILLISECONDS)
    const next_at = now + Math.min(HOUR, FIRST_RESTORE_RETRY_MILLISECONDS + age)
    const { token, hash } = newToken()
    if (!(await beginAttempt(db, restoreMail.hash, hash, next_at))) return false
    const mail = emailChangedMail(settings.shop, token)
    const outcome = await sendMail(this.env.EMAIL, settings, restoreMail.email, mail)
    if (outcome.result === 'sent' || outcome.result === 'refused') await db.batch([endMail(restoreMail.hash)])
    if (outcome.result !== 'sent') console.warn(`A restore token was not sent: ${outcome.error}`)
    if (outcome.result === 'unavailable') this.#pause(outcome.retry_after)
    return outcome.result === 'unavailable'
  }

  #pause(milliseconds?: number): void {
    const { count = 0 } = this.ctx.storage.kv.get<Pause>('pause') ?? {}
    const until = Date.now() + (milliseconds ?? backOff(count, MINUTE, MAX_PAUSE_MILLISECONDS))
    this.ctx.storage.kv.put<Pause>('pause', { until, count: count + 1 })
  }
}

function toFailed({ id, attempts, next_at }: Mail, { result, error }: Failure): FailedMail {
  // Not an attempt: the mail is the first one after the pause.
  if (result === 'unavailable') return { id, state: 'waiting', error, attempts, next_at }
  const isOver = result === 'refused' || attempts + 1 >= MAX_ATTEMPTS
  return {
    id,
    state: isOver ? 'parked' : 'waiting',
    error,
    attempts: attempts + 1,
    next_at: Date.now() + backOff(attempts, FIRST_RETRY_MILLISECONDS, HOUR),
  }
}
