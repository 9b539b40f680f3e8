import { randomBytes } from 'node:crypto'
import { fail } from '../cli/options.ts'
import { servePretendStripe } from '../pretend-stripe/serve.ts'
import { devVar } from '../wrangler/dev-vars.ts'

/** Beside the local database, and deleted with it. */
const FILE = '.wrangler/state/pretend-stripe.json'

export interface LocalPayments {
  /** Bindings for wrangler's `--var`. */
  vars: Record<string, string>
  /** For the person who starts the shop. */
  line: string
}

interface Wanted {
  /** Of the shop; the stand-in listens on the next one. */
  port: number
  isWanted: boolean
  /** After which a payment page expires. */
  minutes: number | undefined
}

/**
 * How a shop on this machine takes payments: through Stripe's test mode with the secrets in .dev.vars, through a
 * stand-in for Stripe, or not at all.
 */
export function localPayments({ port, isWanted, minutes }: Wanted): LocalPayments {
  const key = devVar('STRIPE_SECRET_KEY')
  if (key?.includes('_live_'))
    fail('STRIPE_SECRET_KEY in .dev.vars is a live key: it would move real money. Put a test key there.')
  if (key && devVar('STRIPE_WEBHOOK_SECRET'))
    return { vars: {}, line: "through Stripe's test mode (.dev.vars)" }
  if (key)
    fail(
      '.dev.vars has STRIPE_SECRET_KEY, but not STRIPE_WEBHOOK_SECRET. Add that one, or remove STRIPE_SECRET_KEY.',
    )
  if (!isWanted) return { vars: {}, line: 'off; npm start -- --payments takes test payments' }
  const secrets = {
    STRIPE_SECRET_KEY: 'sk_test_pretend',
    STRIPE_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('hex')}`,
  }
  servePretendStripe({
    port: port + 1,
    file: FILE,
    secretKey: secrets.STRIPE_SECRET_KEY,
    webhookSecret: secrets.STRIPE_WEBHOOK_SECRET,
    endpoint: `http://127.0.0.1:${port}/api/payments/stripe/`,
    ...(minutes === undefined ? {} : { sessionSeconds: minutes * 60 }),
  })
  const url = `http://127.0.0.1:${port + 1}`
  return {
    vars: {
      ...secrets,
      STRIPE_API: url,
      ...(minutes === undefined ? {} : { PAY_WITHIN_MINUTES: String(minutes) }),
    },
    line: `test payments, no money moves: ${url}/`,
  }
}
