import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import document from '../public/openapi.json'
import { app } from '../src/app.ts'
import type { Bindings } from '../src/env.ts'
import { ORIGIN } from './http.ts'

/** Hostile input to public routes: requests as large and as awkward as the limits allow. */

interface Operation {
  security: unknown[]
  parameters: { in: string; name: string }[]
  requestBody?: { content: { 'application/json': { schema: { properties: Record<string, object> } } } }
}

interface Hostile {
  what: string
  method: string
  path: string
  body?: string
}

/** NFKC makes 18 characters of the first, 4 of the second, and puts the third in order. */
const GROWING = ['\u{FDFA}', '\u{33C2}', 'a\u{0323}\u{0307}']
const BODY_BYTES = 64 * 1024
const QUERY_BYTES = 16 * 1024

/** Repeated as often as fits into this many bytes. */
function filled(character: string, bytes: number, bytesOf = utf8): string {
  return character.repeat(Math.floor(bytes / bytesOf(character)))
}

const utf8 = (text: string) => new TextEncoder().encode(text).byteLength
const inUrl = (text: string) => encodeURIComponent(text).length

function* bodiesFor(fields: string[]): Generator<Pick<Hostile, 'what' | 'body'>> {
  const room = (BODY_BYTES - 1000) / fields.length
  for (const character of GROWING) {
    const body = (length: number) =>
      JSON.stringify(Object.fromEntries(fields.map((field) => [field, filled(character, length)])))
    yield { what: `every field full of ${character}`, body: body(room) }
    for (const field of fields) {
      const others = Object.fromEntries(fields.map((each) => [each, 'x@example.com']))
      const alone = JSON.stringify({ ...others, [field]: filled(character, BODY_BYTES - 1000) })
      yield { what: `${field} full of ${character}`, body: alone }
    }
  }
  yield { what: 'arrays in arrays', body: '['.repeat(BODY_BYTES / 2) + ']'.repeat(BODY_BYTES / 2) }
  const deep = '{"a":'.repeat(9000) + '1' + '}'.repeat(9000)
  yield { what: 'deep fields', body: `{"${fields[0]}":${deep}}` }
  const keys = Array.from({ length: 5000 }, (_, n) => `"k${n}":${n}`).join()
  yield { what: 'many keys', body: `{${keys}}` }
  yield { what: 'a list in a field', body: `{"${fields[0]}":[${'1,'.repeat(30_000)}1]}` }
}

const hostile: Hostile[] = Object.entries(
  document.paths as unknown as Record<string, Record<string, Operation>>,
).flatMap(([template, operations]) =>
  Object.entries(operations)
    .filter(([, { security }]) => security.length === 0)
    .flatMap(([name, { parameters, requestBody }]) => {
      const [method, path] = [name.toUpperCase(), template.replace('{id}', '1')]
      const fields = Object.keys(requestBody?.content['application/json'].schema.properties ?? {})
      const bodies = requestBody ? [...bodiesFor(fields)] : []
      const queries = parameters
        .filter((parameter) => parameter.in === 'query')
        .flatMap((parameter) =>
          GROWING.map((character) => ({
            what: `${parameter.name} full of ${character}`,
            query: `?${parameter.name}=${encodeURIComponent(filled(character, QUERY_BYTES, inUrl))}`,
          })),
        )
      const many = { what: 'many parameters', query: `?${'category=a&'.repeat(QUERY_BYTES / 11)}` }
      return [
        ...bodies.map((each) => ({ method, path, ...each })),
        ...(requestBody ? [] : [...queries, many]).map(({ what, query }) => ({
          method,
          what,
          path: path + query,
        })),
      ]
    }),
)

let addresses = 0

async function send({ method, path, body }: Omit<Hostile, 'what'>, bindings: Partial<Bindings> = {}) {
  const address = `192.0.2.${(addresses += 1) % 256}`
  const answer = await app.fetch(
    new Request(ORIGIN + path, {
      method,
      headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': address },
      ...(body === undefined ? {} : { body }),
    }),
    { ...env, ...bindings },
    createExecutionContext(),
  )
  await answer.text()
  return answer.status
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** Characters that `act` has normalized and lower-cased, and its outcome. */
async function charactersIn(act: () => Promise<unknown>): Promise<number> {
  let characters = 0
  for (const name of ['normalize', 'toLowerCase'] as const) {
    const real = String.prototype[name]
    vi.spyOn(String.prototype, name).mockImplementation(function (this: string, ...given: []) {
      const made = real.apply(this, given)
      characters += this.length + made.length
      return made
    })
  }
  await act()
  vi.restoreAllMocks()
  return characters
}

describe('a request of a stranger', () => {
  it.each(hostile)('$method $path with $what costs little', async (request) => {
    let status = 0
    const characters = await charactersIn(async () => (status = await send(request)))
    expect(status).toBeLessThan(500)
    expect(characters).toBeLessThan(BODY_BYTES / 4)
  })

  it.each(hostile)('$method $path with $what is limited', async (request) => {
    let left = 2
    const LIMIT_ADDRESS = { limit: () => Promise.resolve({ success: (left -= 1) >= 0 }) }
    const statuses = []
    for (let n = 0; n < 3; n += 1) statuses.push(await send(request, { RATE_LIMITING: 'on', LIMIT_ADDRESS }))
    expect(statuses.slice(0, 2)).not.toContain(429)
    expect(statuses.at(-1)).toBe(429)
  })
})
