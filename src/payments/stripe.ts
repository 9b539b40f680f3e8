import type Stripe from 'stripe'
import type { PaymentSettings } from '../settings.ts'

/** Decides the form of what Stripe sends; must be that of the endpoint, and of the SDK. */
const API_VERSION = '2026-10-28.endive'

/** One repeat: a call takes at most 21 seconds, and opening a page may take several calls. */
const TIMEOUT_MILLISECONDS = 10_000
const REPEATS = 1

/**
 * A client of Stripe's API, made when it is first called and loaded only then. Its own retries use the idempotency
 * key of the call; a timeout of the SDK is 80 seconds unless it is set.
 */
export function stripeOf({ secret_key, api }: PaymentSettings): () => Promise<Stripe> {
  let client: Promise<Stripe> | undefined
  return () => (client ??= connect())

  async function connect(): Promise<Stripe> {
    const { default: Client } = await import('stripe')
    return new Client(secret_key, {
      apiVersion: API_VERSION,
      timeout: TIMEOUT_MILLISECONDS,
      maxNetworkRetries: REPEATS,
      telemetry: false,
      ...(api && { protocol: 'http' as const, host: api.hostname, port: Number(api.port || 80) }),
    })
  }
}
