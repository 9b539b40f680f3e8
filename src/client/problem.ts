import type { ErrorCode, FieldError } from './api.ts'
import type { ProblemExtra } from './problem-extra.ts'

/**
 * The API's error codes, and three of the client. `unreachable`: there was no response after all retries. `unexpected`: the
 * response is not the shop's. `replaced`: newer streams took the place of this one; a customer may have ten, all staff
 * together a hundred.
 */
export type ProblemCode = ErrorCode | 'unreachable' | 'unexpected' | 'replaced'

/**
 * The error that every call rejects with, unless its signal aborts it. `detail` is a sentence for users, `message` has
 * everything for a console.
 */
export class Problem extends Error {
  override readonly name = 'Problem'

  constructor(
    readonly code: ProblemCode,
    /** A sentence to show to users. */
    readonly detail: string,
    /** The HTTP status; 0 if there was no response. */
    readonly status: number,
    /** The whole problem document (RFC 9457); empty if the response has none. */
    readonly body: Record<string, unknown> = {},
    /** How long to wait before the next attempt, in seconds. */
    readonly retry_after?: number,
    options?: ErrorOptions,
  ) {
    super(textOf(code, detail, status, body), options)
  }

  /** Messages by field; `""` has those about the body as a whole. */
  get errors(): Record<string, string[]> {
    return (this.body['errors'] as Record<string, string[]> | undefined) ?? {}
  }

  /** The codes of `errors` with their parameters, in the same order: `{ password: [{ code: 'too_short', min: 8 }] }`. */
  get error_codes(): Record<string, FieldError[]> {
    return (this.body['error_codes'] as Record<string, FieldError[]> | undefined) ?? {}
  }

  /** Checks the code and narrows the type of `body`: `problem.is('total_changed') && problem.body.total_price`. */
  is<Code extends ProblemCode>(
    code: Code,
  ): this is Problem & { code: Code; body: Code extends keyof ProblemExtra ? ProblemExtra[Code] : object } {
    return this.code === code
  }
}

/** Title, status, code and detail, and the messages that the detail lacks, each with its field on a line of its own. */
function textOf(code: ProblemCode, detail: string, status: number, body: Record<string, unknown>): string {
  const errors = Object.entries((body['errors'] as Record<string, string[]> | undefined) ?? {})
  const lines = errors.flatMap(([field, messages]) =>
    messages
      .filter((message) => !detail.includes(message))
      .map((message) => `\n  ${field || 'body'}: ${message}`),
  )
  const { title } = body as { title?: string }
  return (title ? `${title} (${status} ${code}): ` : '') + detail + lines.join('')
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
