import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { arrayBuffer } from 'node:stream/consumers'
import { PretendStripe, type PretendStripeOptions } from './pretend-stripe.ts'
import { emptyState, type State } from './state.ts'

const TICK_MILLISECONDS = 500

export interface ServeOptions extends Omit<PretendStripeOptions, 'deliver' | 'page' | 'state'> {
  port: number
  /** Where its state is kept, so that a restarted shop finds the payments it knows. */
  file: string
}

/** Serves the stand-in on 127.0.0.1, in this process and as long as it runs, and delivers its events to the shop. */
export function servePretendStripe({ port, file, ...options }: ServeOptions): PretendStripe {
  const page = `http://127.0.0.1:${port}`
  const stripe = new PretendStripe({ ...options, page, deliver: fetch, ...stored(file) })
  let delivering = false
  const deliver = async () => {
    stripe.account.tick()
    if (!delivering && stripe.events.undelivered.length > 0) {
      delivering = true
      await stripe.events.deliver()
      delivering = false
    }
    store(file, stripe.state)
  }
  setInterval(() => void deliver(), TICK_MILLISECONDS).unref()
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    await answer(stripe, page, request, response)
    if (request.method !== 'GET') await deliver()
  }
  createServer((request, response) => void serve(request, response))
    .listen(port, '127.0.0.1')
    .unref()
  return stripe
}

async function answer(
  stripe: PretendStripe,
  page: string,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = message
  try {
    const body = method === 'GET' || method === 'HEAD' ? undefined : await arrayBuffer(message)
    const request = new Request(page + url, {
      method,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
      ...(body === undefined ? {} : { body }),
    })
    const answered = await stripe.fetch(request)
    response.writeHead(answered.status, Object.fromEntries(answered.headers))
    response.end(new Uint8Array(await answered.arrayBuffer()))
  } catch (error) {
    console.error(error)
    response.destroy()
  }
}

function stored(file: string): { state?: State } {
  return existsSync(file)
    ? { state: { ...emptyState(), ...(JSON.parse(readFileSync(file, 'utf8')) as State) } }
    : {}
}

let written = ''

/** Whole or not at all, also when the power is cut. */
function store(file: string, state: State): void {
  const text = JSON.stringify(state)
  if (text === written) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
  written = text
}
