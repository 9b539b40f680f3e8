import * as fc from 'fast-check'
import document from '../../public/openapi.json'

/** Requests generated from the OpenAPI document: valid, nearly valid, and invalid. */

interface Schema {
  type?: string
  anyOf?: Schema[]
  oneOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  pattern?: string
  format?: string
  examples?: unknown[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

interface Operation {
  parameters: { in: 'path' | 'query' | 'header'; name: string; schema: Schema }[]
  requestBody?: {
    content: { 'application/json'?: { schema: Schema; example: object }; 'text/csv'?: object }
  }
}

/** For a path: the id of something that the customer has, or staff see. */
export const KNOWN_ID = '{known}'
/** Ids up to here are likely to exist. */
export const LIKELY_IDS = 20

export interface MadeUp {
  method: string
  path: string
  headers: Record<string, string>
  body: string | Uint8Array | undefined
  caller: 'customer' | 'staff' | 'no token' | 'invalid token'
}

const MAX_BODY_BYTES = 64 * 1024

/** Arbitrary text: long, empty, of any script, half a character, syntax of something else. */
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\uD800',
    '👩‍👩‍👧‍👦',
    'ﬀ',
    '‮',
    "'; DROP TABLE users; --",
    '" OR "*',
    '%',
    '../',
    '{{',
    '$where',
    'NaN',
    'Infinity',
  ),
  fc.nat(3000).map((length) => 'a'.repeat(length)),
)

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    -1,
    0.1,
    1e308,
    -1e308,
    2 ** 53,
    2 ** 53 + 2,
    2 ** 63,
    1e-7,
    99_999_999.99,
    100_000_000,
  ),
)

/** Any JSON, numbers as text included. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  text,
  number,
  number.map(String),
  fc.constantFrom(null, true, false, [], {}, [[]], [null], { __proto__: null }),
  fc.array(fc.jsonValue(), { maxLength: 3 }),
  fc.jsonValue(),
)

/** A value that this schema allows, or nearly. */
function fitting(schema: Schema): fc.Arbitrary<unknown> {
  const either = schema.anyOf ?? schema.oneOf
  if (either) return fc.oneof(...either.map(fitting))
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.properties) {
    const { required = [] } = schema
    const fields = Object.entries(schema.properties).map(([name, each]) => [name, value(each)] as const)
    return fc.record(Object.fromEntries(fields), { requiredKeys: required })
  }
  if (schema.type === 'array') return fc.array(fitting(schema.items ?? {}), { maxLength: 12 })
  if (schema.type === 'integer' || schema.type === 'number') {
    const { minimum = -10, maximum = 1000 } = schema
    const whole = fc.integer({ min: Math.max(minimum, -1000), max: Math.min(maximum, 1000) })
    const likely = fc.integer({ min: Math.max(minimum, 1), max: Math.min(maximum, LIKELY_IDS) })
    return fc.oneof(
      { weight: 3, arbitrary: likely },
      whole,
      fc.constantFrom(minimum, maximum, minimum - 1, maximum + 1),
    )
  }
  if (schema.type === 'null') return fc.constant(null)
  if (schema.format === 'idn-email') return fc.emailAddress()
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern))
  if (schema.type === 'string') {
    const { minLength = 0, maxLength = 40, examples = [] } = schema
    const made = fc.string({ minLength, maxLength: Math.min(maxLength + 1, 400) })
    return fc.oneof(made, text, ...(examples.length > 0 ? [fc.constantFrom(...examples)] : []))
  }
  return anything
}

/** Mostly a valid value. */
function value(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: fitting(schema) }, { weight: 1, arbitrary: anything })
}

/** URL-safe text. */
function inUrl(given: unknown): string {
  const written = typeof given === 'string' ? given : JSON.stringify(given)
  return encodeURIComponent(written.toWellFormed())
}

/** Text that a header can carry (RFC 9110, section 5.5). */
const headerValue = fc.oneof(
  fc.stringMatching(/^[\x21-\x7e]{0,40}$/),
  fc.constantFrom('*', '"1-1"', 'W/"1-1"', 'W/', '"', 'a'.repeat(300), 'x,y', '0-0-0-0'),
)

function bodies({ requestBody }: Operation): fc.Arbitrary<MadeUp['body']> {
  if (!requestBody) return fc.oneof(fc.constant(undefined), fc.json())
  const ofJson = requestBody.content['application/json']
  if (!ofJson) return requestBody.content['text/csv'] ? csv : picture
  const { schema, example } = ofJson
  const unknown = fc.dictionary(fc.string({ maxLength: 8 }), anything, { maxKeys: 2 })
  const whole = fc.oneof(
    { weight: 6, arbitrary: fitting(schema) },
    { weight: 2, arbitrary: fc.constant(example) },
    { weight: 1, arbitrary: anything },
  )
  const json = fc
    .tuple(whole, unknown)
    .map(([body, more]) => JSON.stringify(isObject(body) ? { ...more, ...body } : body))
  return fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 2, arbitrary: json.map((each) => each.slice(0, -1)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        'null',
        '[]',
        '{"a":1,"a":2}',
        '['.repeat(20_000),
        `{"name":"${'a'.repeat(MAX_BODY_BYTES)}"}`,
        '{"__proto__":{"is_staff":true}}',
      ),
    },
  )
}

/** The start of a picture, and anything after it. */
const picture = fc
  .tuple(
    fc.constantFrom<number[]>(
      [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8],
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
      [...new TextEncoder().encode('RIFF'), 64, 0, 0, 0, ...new TextEncoder().encode('WEBPVP8L')],
      [],
    ),
    fc.uint8Array({ maxLength: 80 }),
  )
  .map(([start, rest]) => new Uint8Array([...start, ...rest]))

/** A file of products, or what looks like one. */
const csv = fc
  .tuple(
    fc.constantFrom('name,price,stock', 'Title;Handle;Variant Price', 'Name,Regular price,ID', ''),
    fc.array(fc.array(fc.oneof(number, text, fc.constantFrom('"', "'=1", '\r', '12,50')), { maxLength: 5 }), {
      maxLength: 6,
    }),
    fc.constantFrom(',', ';', '\t'),
  )
  .map(([head, rows, delimiter]) => [head, ...rows.map((cells) => cells.join(delimiter))].join('\n'))

function isObject(given: unknown): given is object {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}

/** The value of {id}, and of other parameters, in a path. */
const idInPath = fc.oneof(
  { weight: 4, arbitrary: fc.constant(KNOWN_ID) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: LIKELY_IDS }) },
  { weight: 1, arbitrary: fc.oneof(number, text, fc.constantFrom('%', '1/2', '1e3', '0x1', '00001')) },
)

const sentHeaders = fc.dictionary(
  fc.constantFrom('Idempotency-Key', 'If-Match', 'If-None-Match', 'X-D1-Bookmark', 'X-Request-Id', 'Origin'),
  headerValue,
  { maxKeys: 2 },
)

const contentTypeOf = ({ requestBody }: Operation) =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.constantFrom(...Object.keys(requestBody?.content ?? { 'application/json': {} })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'text/plain',
        'application/json; charset=latin1',
        'application/x-www-form-urlencoded',
        '',
      ),
    },
  )

function requestsFor(method: string, template: string, operation: Operation): fc.Arbitrary<MadeUp> {
  const inQuery = operation.parameters.filter((parameter) => parameter.in === 'query')
  const parameters = fc.array(
    fc.oneof(
      ...inQuery.map(({ name, schema }) => value(schema).map((given) => `${name}=${inUrl(given)}`)),
      ...inQuery.map(({ name, schema }) =>
        fc
          .tuple(fc.constantFrom('[]', '[0]', '[1]'), value(schema))
          .map(([element, given]) => `${name}${element}=${inUrl(given)}`),
      ),
      fc.tuple(fc.string({ maxLength: 6 }), text).map(([name, given]) => `${inUrl(name)}=${inUrl(given)}`),
      fc.constantFrom('%', '=', 'page=1&page=2', 'cursor=e30', 'search=%F0%28%8C%28'),
    ),
    { maxLength: 4 },
  )
  return fc
    .record({
      id: idInPath,
      query: parameters,
      headers: sentHeaders,
      type: contentTypeOf(operation),
      body: method === 'GET' ? fc.constant(undefined) : bodies(operation),
      caller: fc.oneof(
        { weight: 8, arbitrary: fc.constant(template.startsWith('/api/admin') ? 'staff' : 'customer') },
        { weight: 1, arbitrary: fc.constantFrom('no token', 'invalid token', 'customer', 'staff') },
      ),
    })
    .map(({ id, query, headers, type, body, caller }) => ({
      method,
      path: `${template.replaceAll(/\{\w+\}/g, id === KNOWN_ID ? id : inUrl(id))}${query.length > 0 ? `?${query.join('&')}` : ''}`,
      headers: body === undefined || type === '' ? headers : { ...headers, 'Content-Type': type },
      body,
      caller,
    }))
}

/** A request to any operation of the document. */
export const madeUpRequest: fc.Arbitrary<MadeUp> = fc.oneof(
  ...Object.entries(document.paths as unknown as Record<string, Record<string, Operation>>).flatMap(
    ([template, operations]) =>
      Object.entries(operations).map(([method, operation]) =>
        requestsFor(method.toUpperCase(), template, operation),
      ),
  ),
)
