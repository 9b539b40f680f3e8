import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type Stripe from 'stripe'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/app-env.ts'
import { byAddress, bySite, requireWithinAll } from '../http/rate-limit.ts'
import { paymentsOf } from '../settings.ts'
import { applyEvent } from './apply-event.ts'
import { paymentContextOf } from './routes.ts'

/** Events hold one object each, of a few KiB. */
const MAX_BODY_BYTES = 256 * 1024

/** How far the clocks may differ, and how long an event may be on its way. */
const TOLERANCE_SECONDS = 300

/**
 * Stripe's events. Before the limits by address and CORS: Stripe calls from few addresses, and no browser does. A
 * request without a valid signature counts as one of a stranger. A shop that takes no payments has no such route.
 */
export const stripeWebhookRoutes = new Hono<AppEnv>().post('/stripe', async (c, next) => {
  if (!paymentsOf(c.env)) return next()
  let answer: Response | undefined
  const refusal = await limitBody(c, async () => {
    answer = await receive(c)
  })
  return refusal ?? answer
})

const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c) => refuseStranger(c as Context<AppEnv>),
})

async function receive(c: Context<AppEnv>): Promise<Response> {
  const event = await verify(c)
  if (!event) return refuseStranger(c)
  await applyEvent(paymentContextOf(c), event)
  return c.body(null, 204)
}

/** The event, if Stripe has signed these very bytes within the last minutes. */
async function verify(c: Context<AppEnv>): Promise<Stripe.Event | undefined> {
  const signature = c.req.header('Stripe-Signature')
  if (signature === undefined) return undefined
  const body = await c.req.text()
  // The SDK accepts any time in the future, so that a captured event could be kept for later. It reads the last time.
  const [, seconds] = /^(?:.*,)?t=(\d{1,12})(?:,|$)/.exec(signature) ?? []
  if (seconds === undefined || Number(seconds) > c.var.now / 1000 + TOLERANCE_SECONDS) return undefined
  const stripe = await paymentContextOf(c).stripe()
  try {
    const { webhook_secret } = paymentsOf(c.env)!
    return await stripe.webhooks.constructEventAsync(body, signature, webhook_secret, TOLERANCE_SECONDS)
  } catch (error) {
    if ((error as { type?: string }).type !== 'StripeSignatureVerificationError') throw error
    return undefined
  }
}

async function refuseStranger(c: Context<AppEnv>): Promise<never> {
  await requireWithinAll(c, { LIMIT_ADDRESS: byAddress, LIMIT_LOOSELY: bySite })
  throw new AppError('signature_invalid', 'The body has no valid signature of Stripe from the last minutes.')
}
