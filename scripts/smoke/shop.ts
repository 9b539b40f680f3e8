import { setTimeout as pause } from 'node:timers/promises'
import type { Report } from './report.ts'

const PATIENCE_MILLISECONDS = 15_000

export interface Sent {
  body?: object
  access?: string
  /** Its Idempotency-Key. */
  key?: string
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  /** Empty when there is no JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
  body: any
}

/** An account that is logged in. */
export interface Person {
  email: string
  password: string
  access: string
  refresh: string
}

/** A shop as a client sees it: every status and header, without retries. */
export class Shop {
  readonly origin: string
  readonly #report: Report

  constructor(origin: string, report: Report) {
    this.origin = origin
    this.#report = report
  }

  /** Whether it runs on this machine, without Cloudflare's edge in front of it. */
  get isLocal(): boolean {
    return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(this.origin).hostname)
  }

  async send(method: string, path: string, { body, access, key, headers }: Sent = {}): Promise<Answer> {
    const answer = await fetch(this.origin + path, {
      method,
      headers: {
        ...(body && { 'Content-Type': 'application/json' }),
        ...(access !== undefined && { Authorization: `Bearer ${access}` }),
        ...(key !== undefined && { 'Idempotency-Key': key }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    })
    const text = await answer.text()
    const isJson = /\bjson\b/.test(answer.headers.get('Content-Type') ?? '')
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : {} }
  }

  /** Expects a response to have this status and, if given, this code. */
  expect(what: string, answer: Answer, status: number, code?: string): boolean {
    const holds = answer.status === status && (code === undefined || answer.body.code === code)
    const right = code === undefined ? `${status}` : `${status} ${code}`
    return this.#report.expect(`${what}, ${right}`, holds, outline(answer))
  }

  /** The same, but ends the group on a failure. */
  require(what: string, answer: Answer, status: number): void {
    if (!this.expect(what, answer, status)) throw new Error(`failed: ${what}`)
  }

  async logIn(who: string, email: string, password: string): Promise<Person> {
    const answer = await this.send('POST', '/api/token/', { body: { email, password } })
    this.require(`${who} logs in`, answer, 200)
    return { email, password, ...(answer.body as { access: string; refresh: string }) }
  }

  /** Polls until the condition holds; returns the milliseconds it took, or undefined after `timeout_ms`. */
  async poll(holds: () => Promise<boolean>, timeout_ms: number): Promise<number | undefined> {
    const started = performance.now()
    for (;;) {
      if (await holds()) return Math.round(performance.now() - started)
      if (performance.now() - started > timeout_ms) return undefined
      await pause(250)
    }
  }
}

export function outline({ status, body }: Answer): string {
  return body.code === undefined ? String(status) : `${status} ${body.code}`
}

/** What went wrong with a clean-up step, if anything. */
export function faultOf(answer: Answer): string | undefined {
  return answer.status < 300 || answer.status === 404 ? undefined : outline(answer)
}
