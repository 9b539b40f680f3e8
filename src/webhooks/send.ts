import { createHmac } from 'node:crypto'
import { isPublicAddress } from './public-address.ts'

const TIMEOUT_MILLISECONDS = 15_000

/** Bytes of an answer that are read; the rest is left unread. */
const MAX_ANSWER_BYTES = 1024

export interface Message {
  id: string
  body: string
}

/** What came of an attempt. `error` is null if the receiver took the message. */
export interface Attempt {
  at: number
  status: number | null
  error: string | null
  milliseconds: number
  answer: string
  /** What Retry-After asks for, in milliseconds from now. */
  retry_after: number | undefined
}

/** Sends a message, signed with these secrets by Standard Webhooks. Never throws. */
export async function send(
  { url, shopUrl, secrets }: { url: string; shopUrl: string | undefined; secrets: readonly string[] },
  { id, body }: Message,
): Promise<Attempt> {
  const at = Date.now()
  const timestamp = String(Math.floor(at / 1000))
  const attempt: Omit<Attempt, 'milliseconds'> = {
    at,
    status: null,
    error: null,
    answer: '',
    retry_after: undefined,
  }
  try {
    if (!isPublicAddress(url, shopUrl)) throw new Error('The address is not public: edit it.')
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Kiosk',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': secrets
          .map((secret) => `v1,${signature(secret, `${id}.${timestamp}.${body}`)}`)
          .join(' '),
      },
      body,
    })
    attempt.status = response.status
    attempt.retry_after = delayIn(response.headers.get('Retry-After'), at)
    if (response.status >= 300 && response.status < 400) attempt.error = 'Redirects are not followed.'
    else if (!response.ok) attempt.error = `It answered ${response.status}.`
    attempt.answer = await beginningOf(response)
  } catch (error) {
    // An answer that breaks off in its body has been given.
    if (attempt.status === null) attempt.error = (error as Error).message.slice(0, 200)
  }
  return { ...attempt, milliseconds: Date.now() - at }
}

/** HMAC-SHA256 in base64; a secret is `whsec_` and its bytes in base64. */
function signature(secret: string, signed: string): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  return createHmac('sha256', key).update(signed).digest('base64')
}

/** Seconds or a date, as milliseconds from now. */
function delayIn(retryAfter: string | null, now: number): number | undefined {
  if (!retryAfter) return undefined
  const delay = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now
  return Number.isNaN(delay) ? undefined : delay
}

async function beginningOf({ body }: Response): Promise<string> {
  if (!body) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0; bytes < MAX_ANSWER_BYTES;) {
    const { value, done } = await reader.read()
    if (done) return text
    text += decoder.decode(value.subarray(0, MAX_ANSWER_BYTES - bytes), { stream: true })
    bytes += value.length
  }
  await reader.cancel()
  return text
}
