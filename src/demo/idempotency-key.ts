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
      if (allowsNewKey(problemOf(error).status)) this.#key = newKey()
      throw error
    }
  }
}

/**
 * Whether a new key is safe, because the shop has looked up this one: no earlier attempt took effect, or what it made is
 * gone (404), or it was sent with another body (422). After any other problem an earlier attempt may have taken effect.
 */
function allowsNewKey(status: number): boolean {
  return [404, 409, 412, 422].includes(status)
}
