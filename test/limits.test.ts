import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import document from '../public/openapi.json'
import { type Answer, call, get } from './http.ts'
import { aCustomer, type Person, theOwner } from './shop.ts'

/** Every limit of a field or parameter in the OpenAPI document: a value at it, and one past it. */

interface Schema {
  type?: string
  format?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  anyOf?: Schema[]
  properties?: Record<string, Schema>
}

interface Operation {
  parameters: { in: string; name: string; schema: Schema }[]
  requestBody?: { content: { 'application/json': { schema: Schema; example: Record<string, unknown> } } }
}

interface Limit {
  operation: string
  field: string
  limit: string
  at: unknown
  past: unknown
  send: (value: unknown) => Promise<Answer>
}

/** These refuse their longest or largest value for another reason. Other tests cover them. */
const ELSEWHERE = ['cursor', 'page', 'success_url', 'cancel_url', 'amount']

/** Text of this length that is not a common password, and is an e-mail if it must be. */
function textOf(length: number, format: string | undefined): string {
  const domain = format === 'idn-email' ? '@example.com' : ''
  const letters = Array.from({ length: length - domain.length }, (_, n) =>
    String.fromCharCode(97 + ((n * n + 7 * n) % 26)),
  )
  return letters.join('') + domain
}

/** Values that a schema allows at its limits, and values one past them. */
function edgesOf(schema: Schema): Pick<Limit, 'limit' | 'at' | 'past'>[] {
  if (schema.anyOf) return schema.anyOf.flatMap(edgesOf)
  const { type, format, minimum, maximum, minLength, maxLength } = schema
  const step = type === 'integer' ? 1 : 0.01
  const edge = (limit: string, at: unknown, past: unknown) => ({ limit, at, past })
  return [
    ...(minimum === undefined ? [] : [edge(`at least ${minimum}`, minimum, minimum - step)]),
    ...(maximum === undefined ? [] : [edge(`at most ${maximum}`, maximum, maximum + step)]),
    ...(minLength
      ? [edge(`${minLength} characters`, textOf(minLength, format), textOf(minLength - 1, format))]
      : []),
    ...(maxLength === undefined
      ? []
      : [edge(`${maxLength} characters`, textOf(maxLength, format), textOf(maxLength + 1, format))]),
  ]
}

let ann: Promise<Person> | undefined
async function callerOf(path: string): Promise<Person> {
  if (path.startsWith('/api/admin/')) return theOwner()
  ann ??= aCustomer()
  return ann
}

/** The limits of the fields of an object, including nested objects. */
function* limitsOfFields(
  { properties = {} }: Schema,
  example: Record<string, unknown>,
): Generator<Omit<Limit, 'operation' | 'send'> & { bodyWith: (value: unknown) => object }> {
  for (const [field, schema] of Object.entries(properties)) {
    if (ELSEWHERE.includes(field)) continue
    for (const edge of edgesOf(schema)) {
      yield { field, ...edge, bodyWith: (value) => ({ ...example, [field]: value }) }
    }
    const inner = (example[field] ?? {}) as Record<string, unknown>
    for (const { bodyWith, ...limit } of limitsOfFields(schema, inner)) {
      const whole = (value: unknown) => ({ ...example, [field]: bodyWith(value) })
      yield { ...limit, field: `${field}.${limit.field}`, bodyWith: whole }
    }
  }
}

function* limitsOf(method: string, template: string, operation: Operation): Generator<Limit> {
  const path = template.replaceAll(/\{\w+\}/g, '1')
  const name = `${method} ${template}`
  const { schema, example } = operation.requestBody?.content['application/json'] ?? {
    schema: {},
    example: {},
  }
  for (const { bodyWith, ...limit } of limitsOfFields(schema, example)) {
    const send = async (value: unknown) =>
      (await callerOf(path)).call(method, path, { body: bodyWith(value) })
    yield { operation: name, ...limit, send }
  }
  for (const parameter of operation.parameters.filter((each) => each.in === 'query')) {
    if (ELSEWHERE.includes(parameter.name)) continue
    for (const edge of edgesOf(parameter.schema)) {
      const send = async (value: unknown) => {
        const query = new URLSearchParams({ [parameter.name]: String(value) })
        return call(method, `${path}?${query.toString()}`, { token: (await callerOf(path)).access })
      }
      yield { operation: name, field: parameter.name, ...edge, send }
    }
  }
}

const limits = Object.entries(document.paths as unknown as Record<string, Record<string, Operation>>).flatMap(
  ([template, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => [
      ...limitsOf(method.toUpperCase(), template, operation),
    ]),
)

beforeAll(() => {
  // A shop that takes no payments, or sends no mail, answers their routes with 404.
  Object.assign(env, {
    STRIPE_SECRET_KEY: 'sk_test_limits',
    STRIPE_WEBHOOK_SECRET: 'whsec_limits',
    MAIL_FROM: 'shop@example.com',
    SHOP_URL: 'https://shop.example',
  })
})

describe('a limit', () => {
  it.each(limits)(
    'of $field ($limit) accepts a value at it and none beyond it: $operation',
    async (limit) => {
      const [at, past] = [await limit.send(limit.at), await limit.send(limit.past)]
      expect([past.status, past.body.code]).toEqual([400, 'invalid_request'])
      const [refusal] = past.body.errors[limit.field]
      expect(refusal).toMatch(/^Must/)
      expect(at.body?.errors?.[limit.field] ?? []).not.toContain(refusal)
    },
  )

  it('of a page is 100 rows; numbered pages end at row 10 000', async () => {
    expect((await get('/api/products/?page_size=100&page=100')).status).toBe(200)
    expect(await get('/api/products/?page_size=100&page=101')).toBeProblem(400, 'invalid_request', {
      errors: { page: [expect.stringContaining('`next` of the last page')] },
    })
  })

  it('of numbered pages is row 1000 when the matches are not all counted', async () => {
    expect((await get('/api/products/?in_stock=true&page_size=100&page=10')).status).toBe(200)
    expect(await get('/api/products/?in_stock=true&page_size=100&page=11')).toBeProblem(
      400,
      'invalid_request',
      {
        errors: { page: [expect.stringContaining('end at row 1000')] },
      },
    )
  })

  it('of categories in a filter is ten', async () => {
    const categories = (n: number) => Array.from({ length: n }, (_, i) => `category=${i}`).join('&')
    expect((await get(`/api/products/?${categories(10)}`)).status).toBe(200)
    expect(await get(`/api/products/?${categories(11)}`)).toBeProblem(400, 'invalid_request', {
      errors: { category: [expect.stringContaining('10')] },
    })
  })

  it('of a cursor keeps it from being decoded at all', async () => {
    const refusalOf = async (length: number) =>
      (await get(`/api/products/?cursor=${'a'.repeat(length)}`)).body.errors.cursor
    expect(await refusalOf(8192)).toEqual([expect.stringContaining('Not a cursor of this list')])
    expect(await refusalOf(8193)).not.toEqual(await refusalOf(8192))
  })

  it('of a phone number is twenty digits', async () => {
    const person = await callerOf('/api/')
    const changing = (phone: string) => person.call('PATCH', '/api/users/profile/', { body: { phone } })
    expect((await changing('1'.repeat(20))).status).toBe(200)
    expect((await changing('1'.repeat(21))).body.errors.phone).toHaveLength(1)
  })

  it('of an Idempotency-Key is 255 characters', async () => {
    const person = await callerOf('/api/')
    const ordering = (length: number) =>
      person.call('POST', '/api/orders/', { headers: { 'Idempotency-Key': 'k'.repeat(length) } })
    expect(await ordering(255)).toBeProblem(400, 'cart_empty')
    expect((await ordering(256)).body.errors).toEqual({ 'Idempotency-Key': [expect.any(String)] })
  })

  it('of a body is 64 KiB, to the byte', async () => {
    const person = await callerOf('/api/')
    const padded = (bytes: number) => {
      const body = JSON.stringify({ more: '' })
      return person.call('PATCH', '/api/users/profile/', {
        body: body.replace('""', `"${'x'.repeat(bytes - body.length)}"`),
      })
    }
    expect((await padded(65_536)).status).toBe(200)
    expect(await padded(65_537)).toBeProblem(413, 'body_too_large')
  })

  it('of an id is fifteen digits; a longer one gives 404', async () => {
    expect(await get(`/api/products/${'9'.repeat(15)}/`)).toBeProblem(404, 'not_found')
    expect(await get(`/api/products/${'9'.repeat(16)}/`)).toBeProblem(404, 'not_found')
  })
})
