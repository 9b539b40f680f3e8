import { toAsciiEmail } from '../email.ts'
import type { EmailBinding } from '../env.ts'
import type { MailSettings } from '../settings.ts'
import { type Mail, renderMail } from './templates/mail.ts'

/**
 * What happened to a mail. `refused`: the provider will not take this mail. `failed`: it did not take it now, or did not
 * answer. `unavailable`: it takes no mail of this shop for a while.
 */
export type Outcome = { result: 'sent' } | Failure

export interface Failure {
  result: 'refused' | 'failed' | 'unavailable'
  error: string
  retry_after?: number
}

const TIMEOUT_MILLISECONDS = 30_000
const HOUR = 60 * 60_000

/** In characters; RFC 5322 allows 998, and programs show fewer. */
const MAX_SUBJECT = 200
const MAX_ERROR = 200

/** Cloudflare's error codes after which another attempt may succeed. The others are about the mail itself. */
const outcomes: Record<string, { result: 'failed' | 'unavailable'; retry_after?: number }> = {
  E_DELIVERY_FAILED: { result: 'failed' },
  E_INTERNAL_SERVER_ERROR: { result: 'failed' },
  E_RATE_LIMIT_EXCEEDED: { result: 'unavailable' },
  E_DAILY_LIMIT_EXCEEDED: { result: 'unavailable', retry_after: HOUR },
  E_SENDER_NOT_VERIFIED: { result: 'unavailable' },
  E_SENDER_DOMAIN_NOT_AVAILABLE: { result: 'unavailable' },
}

/**
 * Sends one mail. The one place that knows the provider, Cloudflare Email Service: another one is another body of this
 * function. Never throws.
 */
export async function sendMail(
  provider: EmailBinding,
  { from, shop }: MailSettings,
  to: string,
  mail: Mail,
): Promise<Outcome> {
  const recipient = toAsciiEmail(to)
  if (!isOneAddress(recipient)) return { result: 'refused', error: 'The address is not valid.' }
  const rendered = renderMail(mail, from.name || shop.host)
  try {
    await answered(
      provider.send({
        from,
        to: recipient,
        ...rendered,
        subject: inOneLine(rendered.subject),
        headers: { 'Auto-Submitted': 'auto-generated' }, // keeps programs from answering (RFC 3834)
      }),
    )
    return { result: 'sent' }
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown }
    const isKnown = typeof code === 'string' && code.startsWith('E_')
    const outcome = (isKnown && outcomes[code]) || {
      result: isKnown ? ('refused' as const) : ('failed' as const),
    }
    // Staff read it; the recipient is in the order, and nowhere else.
    const text = [code, message].filter(Boolean).join(': ').replaceAll(recipient, 'the recipient')
    return { ...outcome, error: text.slice(0, MAX_ERROR) }
  }
}

/** Rejects if the provider does not answer: it may still have taken the mail. */
async function answered(sending: Promise<unknown>): Promise<void> {
  let timer
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('The provider did not answer.')), TIMEOUT_MILLISECONDS)
  })
  try {
    await Promise.race([sending, silence])
  } finally {
    clearTimeout(timer)
  }
}

/** Without what would end the header, or begin another one. */
function inOneLine(subject: string): string {
  return subject.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, MAX_SUBJECT)
}

/** With nothing that separates addresses or ends a header. */
function isOneAddress(address: string): boolean {
  return /^[^\s@<>,;"\p{Cc}]+@[^\s@<>,;"\p{Cc}]+$/u.test(address)
}
