import type { ErrorCode } from '../errors.ts'
import type { ProblemExtra } from './problem-extra.ts'

/**
 * `unreachable`: no answer came, however often it was tried. `unexpected`: an answer that is not the shop's.
 * `replaced`: newer connections of this account took the place of one that listened.
 */
export type ProblemCode = ErrorCode | 'unreachable' | 'unexpected' | 'replaced'

/** What a shop refused, or why it did not answer. The message is a sentence for whoever reads it. */
export class Problem extends Error {
  override readonly name = 'Problem'

  constructor(
    readonly code: ProblemCode,
    detail: string,
    /** Of HTTP; 0 without an answer. */
    readonly status: number,
    /** All that the shop said (RFC 9457), or nothing. */
    readonly body: Record<string, unknown> = {},
    /** How long to leave it alone, in seconds. */
    readonly retry_after?: number,
    options?: ErrorOptions,
  ) {
    super(detail, options)
  }

  /** Messages by field; those about the whole body stand under `""`. */
  get errors(): Record<string, string[]> {
    return (this.body['errors'] as Record<string, string[]> | undefined) ?? {}
  }

  /** Tells which it is, and so what else it says: `problem.is('total_changed') && problem.body.total_price`. */
  is<Code extends ProblemCode>(
    code: Code,
  ): this is Problem & { code: Code; body: Code extends keyof ProblemExtra ? ProblemExtra[Code] : object } {
    return this.code === code
  }
}

export async function problemIn(response: Response): Promise<Problem> {
  const { status, headers } = response
  const seconds = Number(headers.get('Retry-After') ?? NaN)
  const retry_after = Number.isNaN(seconds) ? undefined : seconds
  if (headers.get('Content-Type')?.startsWith('application/problem+json')) {
    const body = (await response.json()) as Record<string, unknown>
    return new Problem(body['code'] as ErrorCode, String(body['detail']), status, body, retry_after)
  }
  return new Problem('unexpected', `The shop answered ${status}.`, status, {}, retry_after)
}
