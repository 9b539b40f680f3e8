import * as z from 'zod'
import { accountOperations } from '../../src/accounts/openapi.ts'
import { app } from '../../src/app.ts'
import { auditLogOperations } from '../../src/audit-log/openapi.ts'
import { authOperations } from '../../src/auth/openapi.ts'
import { cartOperations } from '../../src/cart/openapi.ts'
import { catalogOperations } from '../../src/catalog/openapi.ts'
import { deliveryOperations } from '../../src/delivery/openapi.ts'
import { type Validated, validates } from '../../src/http/validate.ts'
import { liveOperations } from '../../src/live/openapi.ts'
import { mailOperations } from '../../src/mail/openapi.ts'
import { recoveryOperations } from '../../src/recovery/openapi.ts'
import { webhookOperations } from '../../src/webhooks/openapi.ts'
import { orderOperations } from '../../src/orders/openapi.ts'
import { paymentOperations } from '../../src/payments/openapi.ts'
import { pictureOperations } from '../../src/pictures/openapi.ts'
import { spreadsheetOperations } from '../../src/spreadsheets/openapi.ts'
import { personalDataOperations } from '../../src/personal-data/openapi.ts'
import { integrityOperations } from '../../src/integrity/openapi.ts'
import { metaOperations } from '../../src/meta/openapi.ts'
import { fieldErrorSchema } from './field-errors.ts'
import { headers, refersTo } from './headers.ts'
import type { ResponseDoc, Operation, Operations } from '../../src/openapi/operation.ts'
import { describeProblems, problemExamples, problemSchema, problemCodesOf } from './problems.ts'

/**
 * The OpenAPI 3.1 document: the routes of the app, the schemas that validate them, and the
 * features' `openapi.ts`. The Worker contains none of it: `public/openapi.json` is a file, and a test fails
 * when it differs from what this generates.
 */
export function openApiDocument() {
  const routes = routesOf()
  const components = {}
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, { method, path, validated }] of routes) {
    const operation = operations[name]
    if (!operation) throw new Error(`No feature's openapi.ts describes ${name}`)
    ;(paths[toTemplate(path)] ??= {})[method.toLowerCase()] = describe(name, operation, validated, components)
  }
  for (const name of Object.keys(operations)) {
    if (!routes.has(name)) throw new Error(`A feature's openapi.ts describes ${name}, which is not a route`)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kiosk',
      version: '1',
      description:
        'The backend of a small shop. Errors are application/problem+json (RFC 9457) with a stable `code`. An error about invalid fields has `errors`, sentences by field, and `error_codes`, the codes of FieldError in the same order. A query parameter that a route does not list is an error. In a body, null in an optional field counts as a field that was not given, unless the field allows null.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { access: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: problemSchema, FieldError: fieldErrorSchema, ...sorted(components) },
      headers,
      examples: problemExamples(JSON.stringify(paths)),
    },
  }
}

const operations: Operations = {
  ...catalogOperations,
  ...pictureOperations,
  ...spreadsheetOperations,
  ...cartOperations,
  ...deliveryOperations,
  ...orderOperations,
  ...paymentOperations,
  ...liveOperations,
  ...mailOperations,
  ...webhookOperations,
  ...accountOperations,
  ...recoveryOperations,
  ...authOperations,
  ...personalDataOperations,
  ...integrityOperations,
  ...auditLogOperations,
  ...metaOperations,
}

const TAGS = {
  Catalog: 'Products and categories, for everybody.',
  Cart: 'The cart of the account that is logged in, and the delivery options to choose from.',
  Orders: 'The orders of the account that is logged in.',
  Accounts: 'Registration, tokens, profile and sessions.',
  Staff: 'Running the shop. These routes require an account with `is_staff`.',
  Meta: 'Entry points and health.',
}

const TAG_OF_PATH = [
  ['/api/admin', 'Staff'],
  ['/api/products', 'Catalog'],
  ['/api/categories', 'Catalog'],
  ['/api/cart', 'Cart'],
  ['/api/delivery-options', 'Cart'],
  ['/api/orders', 'Orders'],
  ['/api/payments', 'Meta'],
  ['/api/users', 'Accounts'],
  ['/api/token', 'Accounts'],
  ['/api', 'Meta'],
  ['/pictures', 'Catalog'],
] as const satisfies [string, keyof typeof TAGS][]

interface Route {
  method: string
  path: string
  validated: Validated[]
}

/** Every route once, with the schemas that its handlers validate. */
function routesOf(): Map<string, Route> {
  const routes = new Map<string, Route>()
  for (const { method, path: declared, handler } of app.routes) {
    if (method === 'ALL') continue // middleware
    const path = declared.replaceAll(/(:\w+)\{[^}]*\}/g, '$1')
    const name = `${method} ${path}`
    const route = routes.get(name) ?? { method, path, validated: [] }
    if (validates in handler) route.validated.push(handler[validates] as Validated)
    routes.set(name, route)
  }
  return routes
}

function describe(name: string, operation: Operation, validated: Validated[], components: object) {
  const { operationId, summary, description, access, request, uploads, responses, idempotent, conditional } =
    operation
  const path = name.split(' ')[1]!
  const [, tag] = TAG_OF_PATH.find(([prefix]) => path.startsWith(prefix))!
  const body = validated.find(({ target }) => target === 'json')
  return {
    operationId,
    summary,
    description,
    tags: [tag],
    security: access === 'public' ? [] : [{ access: [] }],
    parameters: [
      ...validated.flatMap((each) => parametersOf(each, components)),
      ...(access === 'customer'
        ? [
            headerParameter(
              'X-D1-Bookmark',
              'The `X-D1-Bookmark` of the last response. Reads then use the nearest replica that has everything you have seen.',
            ),
          ]
        : []),
      ...(idempotent
        ? [
            headerParameter(
              'Idempotency-Key',
              'For 24 hours, a repeat of this request with the same key has no second effect.',
            ),
          ]
        : []),
      ...(conditional === 'read'
        ? [headerParameter('If-None-Match', 'The response is 304 if the ETag has not changed.')]
        : []),
      ...(conditional === 'write'
        ? [headerParameter('If-Match', 'The request fails with 412 if the ETag has changed.')]
        : []),
    ],
    requestBody: uploads
      ? { required: true, content: Object.fromEntries(uploads.map((type) => [type, {}])) }
      : body && {
          required: !body.optional,
          content: {
            'application/json': { schema: jsonSchema(body.schema, 'input', components), example: request },
          },
        },
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [
          status,
          describeResponse(response, operation, components),
        ]),
      ),
      ...(conditional === 'read'
        ? { 304: { description: 'Not modified.', headers: refersTo(['ETag']) } }
        : {}),
      ...describeProblems(problemCodesOf(name, operation, validated)),
    },
  }
}

function describeResponse(
  { description, type = 'application/json', schema, example, headers: names = [] }: ResponseDoc,
  { access, idempotent }: Operation,
  components: object,
) {
  const carried = [
    ...names,
    ...(idempotent ? (['Idempotent-Replayed'] as const) : []),
    ...(access === 'public' ? [] : (['X-D1-Bookmark'] as const)),
  ]
  const made = schema && jsonSchema(schema, 'output', components)
  return {
    description,
    headers: refersTo(carried),
    content: contentOf(type, made, example),
  }
}

/** Without a schema: bytes, or nothing. */
function contentOf(type: string, schema: JsonSchema | undefined, example: unknown) {
  if (schema)
    return { [type]: { schema: type === 'application/json' ? schema : textOf(type, schema), example } }
  return type === 'application/json' ? undefined : { [type]: {} }
}

/** A stream is text, and its messages have the schema. */
function textOf(type: string, message: JsonSchema): JsonSchema {
  return { type: 'string', contentMediaType: type, contentSchema: message }
}

function headerParameter(name: string, description: string) {
  return { in: 'header', name, description, schema: { type: 'string' } }
}

function parametersOf({ target, schema }: Validated, components: object) {
  if (target === 'json') return []
  const { properties = {}, required = [] } = jsonSchema(schema, 'input', components)
  return Object.entries(properties as Record<string, { description?: string }>).map(
    ([name, { description, ...property }]) => ({
      in: target === 'param' ? 'path' : 'query',
      name,
      description,
      required: target === 'param' || required.includes(name),
      schema: property,
    }),
  )
}

interface JsonSchema extends Record<string, unknown> {
  properties?: Record<string, object>
  required?: string[]
}

/**
 * The JSON schema of a zod schema; schemas with an id move to the components. Responses may gain fields, so that no
 * schema excludes them.
 */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', components: object): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io, override: leaveOpen }) as JsonSchema
  const text = JSON.stringify(made).replaceAll('#/$defs/', '#/components/schemas/')
  const { $defs, ...own } = JSON.parse(text) as JsonSchema & { $defs?: object }
  Object.assign(components, $defs)
  return own
}

function leaveOpen({ jsonSchema: made }: { jsonSchema: { additionalProperties?: unknown } }): void {
  if (made.additionalProperties === false) delete made.additionalProperties
}

/** `/api/orders/:id/cancel` → `/api/orders/{id}/cancel/`; a file has no slash at its end. */
function toTemplate(path: string): string {
  return `${path.replaceAll(/:(\w+)/g, '{$1}')}${path.startsWith('/api') ? '/' : ''}`
}

function sorted<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
