import { expect } from 'vitest'
import type { Answer } from './http.ts'

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** A problem+json response with this status, code and additional fields. */
    toBeProblem(status: number, code: string, extra?: Record<string, unknown>): R
  }
}

expect.extend({
  toBeProblem(answer: Answer, status: number, code: string, extra: Record<string, unknown> = {}) {
    const { detail: _, title: __, error_codes, ...others } = answer.body as Record<string, unknown>
    // Ignored unless the test expects them: `call` has already compared them with `errors`.
    const body = 'error_codes' in extra ? { ...others, error_codes } : others
    const actual = { status: answer.status, type: answer.headers.get('Content-Type'), body }
    const expected = {
      status,
      type: 'application/problem+json',
      body: { type: 'about:blank', status, code, ...extra },
    }
    return {
      pass: this.equals(actual, expected),
      message: () => `expected problem ${code} ${this.utils.printDiffOrStringify(expected, actual)}`,
      actual,
      expected,
    }
  },
})
