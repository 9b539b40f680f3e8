import { hash } from 'node:crypto'
import type { Context } from 'hono'
import type { AppEnv } from '../env.ts'
import { InvalidRequest } from '../errors.ts'

/** A request that is to have one effect, however often it is sent. */
export interface IdempotentRequest {
  key: string
  /** Of the body's bytes, so that no depth or size of JSON matters: a repeat sends the same bytes. */
  body_hash: string
}

/** The `Idempotency-Key` of a request: 1 to 255 visible ASCII characters. */
export async function idempotentRequest(c: Context<AppEnv>): Promise<IdempotentRequest | undefined> {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined) return undefined
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new InvalidRequest({ 'Idempotency-Key': ['Must be 1 to 255 visible ASCII characters.'] })
  }
  return { key, body_hash: hash('sha256', new Uint8Array(await c.req.arrayBuffer()), 'base64url') }
}
