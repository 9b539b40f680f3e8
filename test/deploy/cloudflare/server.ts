import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Answer, type Handler, page, Refusal, type Routes } from './api.ts'
import { D1 } from './d1.ts'
import { Kv } from './kv.ts'
import { R2 } from './r2.ts'
import { Uploads } from './uploads.ts'
import { Workers } from './workers.ts'

const API = '/client/v4'
/** The path under which deployed shops respond, each by its Worker's name. */
const WORKERS_DEV = '/workers.dev'

/** A token with all rights, and one that may not list accounts. */
export const TOKEN = 'all-rights'
export const RESTRICTED_TOKEN = 'no-accounts'

/** A call that fails once. */
interface Fault {
  /** A method and the end of a path. */
  call: string
  /** Cuts the connection if there is no refusal. */
  refusal?: Refusal
  /** Cuts it after the call, so that only the answer is lost. */
  hasEffect?: boolean
  /** This many calls succeed before. */
  after?: number
}

/**
 * A stand-in of the part of Cloudflare's REST API that wrangler uses to deploy a shop. It is as strict as
 * Cloudflare is known to be, in what these tests are about; an endpoint that it does not know is an error.
 */
export class Cloudflare {
  readonly d1 = new D1()
  readonly kv = new Kv()
  readonly r2 = new R2()
  readonly #uploads = new Uploads(this.d1, this.kv, this.r2)
  readonly workers = new Workers(this.#uploads)
  /** The ids of the accounts that a token may use. */
  readonly accounts = ['1'.repeat(32)]
  /** Each call so far: method, path, status. */
  readonly calls: string[] = []
  readonly #faults: Fault[] = []
  readonly #server: Server
  readonly #routes: { method: string; path: RegExp; handler: Handler }[]

  private constructor() {
    const account: Routes = {
      // Wrangler asks for the caller after a refusal.
      'GET /user/tokens/verify': () => ({ id: 'token', status: 'active' }),
      'GET /user': () => ({ id: 'user', email: 'you@example.com' }),
      'GET /accounts': ({ token, query }) => page(token === TOKEN ? this.#listed : [], query),
      'GET /memberships': ({ token, query }) => {
        if (token !== TOKEN) throw new Refusal(403, 10000, 'Authentication error')
        return page(
          this.#listed.map((listed) => ({ id: listed.id, account: listed })),
          query,
        )
      },
    }
    const parts = [this.d1, this.kv, this.r2, this.#uploads, this.workers]
    const all: Routes = Object.assign(account, ...parts.map(({ routes }) => routes))
    this.#routes = Object.entries(all).map(([route, handler]) => {
      const [method, path] = route.split(' ')
      return { method: method!, path: new RegExp(`^${path!.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`), handler }
    })
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async open(): Promise<Cloudflare> {
    const cloudflare = new Cloudflare()
    cloudflare.#server.listen(0, '127.0.0.1')
    await once(cloudflare.#server, 'listening')
    return cloudflare
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
    this.d1.close()
  }

  get api(): string {
    return this.#origin + API
  }

  get workersDev(): string {
    return this.#origin + WORKERS_DEV
  }

  failOnce(fault: Fault): void {
    this.#faults.push(fault)
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get #listed() {
    return this.accounts.map((id, index) => ({ id, name: `Account ${index + 1}` }))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, this.#origin)
    const [, shop] = new RegExp(`^${WORKERS_DEV}/([^/]+)/api/health/$`).exec(pathname) ?? []
    if (shop !== undefined) {
      const health = this.workers.health(shop)
      response.writeHead(health.status, Object.fromEntries(health.headers))
      response.end(await health.text())
      return
    }
    const path = pathname.replace(API, '')
    const call = `${request.method} ${path}`
    const body = await buffer(request)
    const fault = this.#faults.find((waiting) => matches(waiting, call))
    if (fault) this.#faults.splice(this.#faults.indexOf(fault), 1)
    if (fault && !fault.refusal) {
      if (fault.hasEffect) await this.#resultOf(request, path, searchParams, body)
      this.calls.push(`${call} cut`)
      request.socket.destroy()
      return
    }
    const { body: content, status } = await this.#resultOf(request, path, searchParams, body, fault?.refusal)
    this.calls.push(`${call} ${status}`)
    // As R2 does for uploads.
    const etag = createHash('md5').update(body).digest('hex')
    response.writeHead(status, { 'Content-Type': 'application/json', ETag: `"${etag}"` })
    response.end(JSON.stringify(content))
  }

  async #resultOf(
    { method, headers }: IncomingMessage,
    path: string,
    query: URLSearchParams,
    body: Buffer,
    refusal?: Refusal,
  ): Promise<{ body: unknown; status: number }> {
    try {
      if (refusal) throw refusal
      const route = this.#routes.find((known) => known.method === method && known.path.test(path))
      if (!route) throw new Refusal(404, 7000, `The stand-in has no ${method} ${path}.`)
      const params = { ...route.path.exec(path)!.groups }
      if (params['account'] !== undefined && !this.accounts.includes(params['account']))
        throw new Refusal(403, 10000, 'Authentication error')
      const token = (headers.authorization ?? '').replace('Bearer ', '')
      const result = await route.handler({
        params,
        query,
        token,
        api: this.api,
        body,
        contentType: headers['content-type'] ?? '',
      })
      return result instanceof Answer ? result : new Answer(result)
    } catch (error) {
      const { status, code, message } =
        error instanceof Refusal ? error : new Refusal(500, 10013, (error as Error).stack!)
      return { body: { result: null, success: false, errors: [{ code, message }], messages: [] }, status }
    }
  }
}

/** Counts down the calls that succeed before. */
function matches(fault: Fault, call: string): boolean {
  const [method, end] = fault.call.split(' ')
  if (!call.startsWith(`${method} `) || !call.endsWith(end!)) return false
  if (!fault.after) return true
  fault.after -= 1
  return false
}
