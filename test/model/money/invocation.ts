import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { ConnectionLost } from '../../../scripts/pretend-stripe/faults.ts'
import type { PretendStripe } from '../../../scripts/pretend-stripe/pretend-stripe.ts'
import type { Bindings } from '../../../src/env.ts'
import { d1Through } from '../../d1.ts'

/** What goes wrong with a round trip to D1; `dies` ends the Worker, which then reaches nothing any more. */
export type TripFault = 'lost before' | 'lost after' | 'dies before' | 'dies after' | undefined

/** The end of a Worker between two calls to Stripe. */
export type CallFault = 'dies before' | 'dies after' | undefined

export interface Dice {
  trip: () => TripFault
  call: () => CallFault
}

export const NO_DICE: Dice = { trip: () => undefined, call: () => undefined }

export const SECRETS = { secretKey: 'sk_test_pretend', webhookSecret: 'whsec_pretend' }

/** Thrown when the Worker has died: nobody gets an answer. */
export class Died extends Error {}

interface Invocation {
  stripe: PretendStripe
  dice: Dice
  isDead: boolean
}

/** The running invocations by the port of their STRIPE_API, by which their calls are told apart. */
const running = new Map<number, Invocation>()
let ports = 0

const reach = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const { hostname, port } = new URL(request.url)
  const invocation = hostname === '127.0.0.1' ? running.get(Number(port)) : undefined
  return invocation ? callStripe(invocation, request) : reach(request)
}

/** Shorter timers are the pauses of the SDK before it repeats a call, which are skipped; its timeouts are longer. */
const SKIPPED_UP_TO_MILLISECONDS = 5000
const wait = globalThis.setTimeout
globalThis.setTimeout = ((task: () => void, milliseconds = 0, ...rest: []) =>
  wait(
    task,
    milliseconds > 100 && milliseconds <= SKIPPED_UP_TO_MILLISECONDS ? 0 : milliseconds,
    ...rest,
  )) as typeof setTimeout

async function callStripe(invocation: Invocation, request: Request): Promise<Response> {
  if (invocation.isDead) throw new ConnectionLost()
  const fault = invocation.dice.call()
  if (fault === 'dies before') {
    invocation.isDead = true
    throw new ConnectionLost()
  }
  const answer = await invocation.stripe.fetch(request)
  if (fault !== 'dies after') return answer
  invocation.isDead = true
  throw new ConnectionLost()
}

function mortal(invocation: Invocation): D1Database {
  return d1Through(env.DB, async (statements, session) => {
    const lost = () => new Error('D1_ERROR: Network connection lost.')
    if (invocation.isDead) throw lost()
    const fault = invocation.dice.trip()
    if (fault === 'dies before') invocation.isDead = true
    if (fault === 'dies before' || fault === 'lost before') throw lost()
    const results = await session.batch(statements)
    if (fault === 'dies after') invocation.isDead = true
    if (fault !== undefined) throw lost()
    return results
  })
}

/** Runs the Worker once, with all that it does after its answer. Throws `Died` if it did not live to answer. */
export async function invoke<T>(
  stripe: PretendStripe,
  dice: Dice,
  act: (bindings: Bindings, context: ExecutionContext) => T | Promise<T>,
): Promise<T> {
  const invocation: Invocation = { stripe, dice, isDead: false }
  const port = 1024 + (ports = (ports + 1) % 60_000)
  running.set(port, invocation)
  const context = createExecutionContext()
  try {
    const result = await act(
      {
        ...env,
        DB: mortal(invocation),
        STRIPE_SECRET_KEY: SECRETS.secretKey,
        STRIPE_WEBHOOK_SECRET: SECRETS.webhookSecret,
        STRIPE_API: `http://127.0.0.1:${port}`,
      },
      context,
    )
    const died = invocation.isDead
    await waitOnExecutionContext(context)
    if (died) throw new Died()
    return result
  } finally {
    running.delete(port)
  }
}
