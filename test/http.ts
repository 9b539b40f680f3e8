import { exports } from 'cloudflare:workers'
import { type FieldError, sentenceOf } from '../src/field-errors.ts'
import { expectDocumented } from './documented.ts'
import { leaks } from './leaks.ts'

export const ORIGIN = 'https://shop.example'

export interface Answer {
  status: number
  headers: Headers
  /** Parsed JSON; undefined without a body. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it freely
  body: any
  text: string
}

export interface Call {
  token?: string
  /** Sent as JSON, but strings and bytes as they are. */
  body?: unknown
  headers?: Record<string, string>
}

/** Sends one request to the Worker. Checks every response against the OpenAPI document. */
export async function call(
  method: string,
  path: string,
  { token, body, headers = {} }: Call = {},
): Promise<Answer> {
  const request = new Request(path.startsWith('http') ? path : ORIGIN + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw(body) ? body : JSON.stringify(body) }),
  })
  const response = await exports.default.fetch(request)
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('Content-Type') ?? '')
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
  }
  const { pathname } = new URL(request.url)
  const leaked = leaks(text, /^\/api\/(token|users\/guest)/.test(pathname) ? ['a token'] : [])
  if (leaked.length > 0) throw new Error(`${method} ${path} gave away ${leaked.join(', ')}`)
  // Cloudflare's cache would keep it for two hours.
  if (!answer.headers.has('Cache-Control')) throw new Error(`${method} ${path} says nothing of caching`)
  expectDocumented(method, pathname, answer)
  expectCodes(answer)
  return answer
}

/** Throws unless every message about a field has its code beside it, which says the same. */
function expectCodes({ body, text }: Answer): void {
  const { errors, error_codes } = (body ?? {}) as {
    errors?: object
    error_codes?: Record<string, FieldError[]>
  }
  const sentences = Object.entries(error_codes ?? {}).map(([field, each]) => [field, each.map(sentenceOf)])
  if (JSON.stringify(Object.entries(errors ?? {})) !== JSON.stringify(sentences))
    throw new Error(`The messages and their codes differ: ${text}`)
}

export const get = (path: string, options?: Call) => call('GET', path, options)
export const post = (path: string, body?: unknown, options?: Call) => call('POST', path, { body, ...options })
export const put = (path: string, body: unknown, options?: Call) => call('PUT', path, { body, ...options })
export const patch = (path: string, body: unknown, options?: Call) =>
  call('PATCH', path, { body, ...options })
export const del = (path: string, options?: Call) => call('DELETE', path, options)

function isRaw(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array
}

/** The D1 usage of a request, from Server-Timing. */
export function usageOf({ headers }: Answer): {
  round_trips: number
  rows_read: number
  rows_written: number
} {
  const timing = headers.get('Server-Timing') ?? ''
  const figure = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(timing)?.[1])
  return {
    round_trips: figure('trips'),
    rows_read: figure('rows_read'),
    rows_written: figure('rows_written'),
  }
}
