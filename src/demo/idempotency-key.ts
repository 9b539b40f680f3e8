import { newKey } from '../client/kiosk.ts'
import { problemOf } from './loading.ts'

/** The Idempotency-Key of a request, the same until it is known whether the request took effect. */
export class IdempotencyKey {
  #key = newKey()

  async send<Result>(request: (withKey: { key: string }) => Promise<Result>): Promise<Result> {
    try {
      const result = await request({ key: this.#key })
      this.#key = newKey()
      return result
    } catch (error) {
      if (hasRefused(problemOf(error).status)) this.#key = newKey()
      throw error
    }
  }
}

/**
 * Whether the shop has looked up the key and refused the request, so that the next one needs another key. After any
 * other problem the request may have been recorded before, and its response lost.
 */
function hasRefused(status: number): boolean {
  return [404, 409, 412, 422].includes(status)
}
