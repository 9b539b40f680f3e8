import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import * as z from 'zod'
import type { AppEnv } from './app-env.ts'
import { AppError, type FieldErrors, InvalidRequest } from '../errors.ts'
import { type FieldError, fieldError } from '../field-errors.ts'
import { fieldErrorIn, issue } from './fields.ts'
import { unknownParameters, valuesOf } from './query-string.ts'

/** The key under which a handler exposes what it validates; the OpenAPI document is generated from it. */
export const validates = Symbol('validates')

export interface Validated {
  target: 'json' | 'query' | 'param'
  schema: z.ZodType
  optional: boolean
}

interface Options {
  /** Allows a request without a body. */
  optional?: boolean
  /** Further errors of a body that the schema has refused, so that a client sees all of them at once. */
  whenRefused?: (c: Context<AppEnv>, body: Record<string, unknown>) => Promise<FieldErrors>
}

/**
 * Wraps @hono/zod-validator with this API's errors: 400 with errors per field, 415 for a body that is not
 * JSON, 404 for an impossible id. `optional` bodies may be omitted. An empty query parameter counts as absent, and so
 * does null in an optional field that does not accept null. Refuses a query parameter that the schema does not have,
 * and a password where the schema has none: the client would believe that it has changed.
 */
export function validate<Schema extends z.ZodType, Target extends Validated['target']>(
  target: Target,
  schema: Schema,
  { optional = false, whenRefused = async () => ({}) }: Options = {},
) {
  const validateTarget = zValidator(
    target,
    schema,
    async (result, c) => {
      if (target === 'param' && !result.success) throw new AppError('not_found', 'There is nothing here.')
      const found = [
        ...(result.success ? [] : errorsIn(result.error.issues)),
        ...(target === 'query' ? unknownParameters(c.req.url, namesIn(schema)) : []),
        ...(target === 'json' ? strayPasswords(await c.req.json(), namesIn(schema)) : []),
      ]
      if (found.length === 0) return
      const more = target === 'json' ? await whenRefused(c as Context, Object(await c.req.json())) : {}
      throw new InvalidRequest(byField([...found, ...Object.entries(more)]))
    },
    {
      // `as never`: the validator declares the result without exactOptionalPropertyTypes.
      validationFunction: (_, value) =>
        schema.safeParse(target === 'query' ? valuesOf(value as never) : withoutNulls(schema, value), {
          error: wordIssue,
        }) as never,
    },
  )
  const handler: MiddlewareHandler<AppEnv> = async (c, next) => {
    if (target === 'json' && !(await hasJsonBody(c, optional))) {
      c.req.addValidatedData('json', schema.parse({}) as object)
      return next()
    }
    return (validateTarget as MiddlewareHandler)(c, next)
  }
  return Object.assign(handler as typeof validateTarget, {
    [validates]: { target, schema, optional } satisfies Validated,
  })
}

/** False for an omitted optional body; throws unless the body is JSON in UTF-8. */
async function hasJsonBody(c: Context<AppEnv>, optional: boolean): Promise<boolean> {
  const body = await c.req.arrayBuffer()
  if (optional && body.byteLength === 0) return false
  refuseCoding(c)
  const [type, ...parameters] = (c.req.header('Content-Type') ?? '').toLowerCase().split(';')
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='))
  if (type!.trim() !== 'application/json' || !/^charset="?utf-?8"?$/.test(charset ?? 'charset=utf-8')) {
    throw new AppError('unsupported_media_type', 'Send the body as Content-Type: application/json.')
  }
  if (body.byteLength === 0) throw new InvalidRequest({ '': [fieldError('body_missing')] })
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body)
  } catch {
    throw new InvalidRequest({ '': [fieldError('body_not_utf8')] })
  }
  return true
}

const MAX_CODING_CHARACTERS = 100

/** Nobody decompresses a body. */
export function refuseCoding(c: Context<AppEnv>): void {
  const coding = c.req.header('Content-Encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding !== 'identity') {
    throw new AppError(
      'unsupported_media_type',
      `Send the body as it is, without Content-Encoding: ${coding.slice(0, MAX_CODING_CHARACTERS)}.`,
    )
  }
}

/** The body without the fields that are null although their schema does not accept null. */
function withoutNulls(schema: z.ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodOptional) return withoutNulls(schema.unwrap() as z.ZodType, value)
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value
  const fields = new Map(Object.entries<z.ZodType>(schema.shape))
  const given = Object.entries(value).filter(
    ([name, each]) => each !== null || fields.get(name)?.safeParse(null).success,
  )
  return Object.fromEntries(
    given.map(([name, each]) => [name, fields.has(name) ? withoutNulls(fields.get(name)!, each) : each]),
  )
}

function namesIn(schema: z.ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

const PASSWORDS = ['password', 'current_password', 'new_password', 'old_password']

const PASSWORD_ROUTE = { method: 'POST', path: '/api/users/password/' }

/** An error for each password in the body of a route that takes none. */
function strayPasswords(body: unknown, known: readonly string[]): FieldEntry[] {
  if (PASSWORDS.some((name) => known.includes(name))) return []
  const given = Object.entries(Object(body)).filter(([, value]) => value !== null)
  return given
    .filter(([name]) => PASSWORDS.includes(name))
    .map(([name]) => [name, [fieldError('belongs_elsewhere', PASSWORD_ROUTE)]])
}

/** Messages for missing and mistyped values, instead of zod's. Other messages are defined with their fields. */
function wordIssue({ input, expected, path }: z.core.$ZodRawIssue): string {
  if (input === undefined) return issue('required')
  if (path === undefined) return issue('body_not_object')
  if (Array.isArray(input)) return issue('not_single')
  return issue('wrong_type', { expected: String(expected) })
}

type FieldEntry = [name: string, readonly FieldError[]]

/** Tells of a value of the wrong type nothing else: zod also compares the length of a text with the bounds of a list. */
function errorsIn(issues: readonly z.core.$ZodIssue[]): FieldEntry[] {
  const pathOf = ({ path }: z.core.$ZodIssue) => path.join('.')
  const wrong = new Set(issues.filter(({ code }) => code === 'invalid_type').map(pathOf))
  const told = issues.filter((each) => each.code === 'invalid_type' || !wrong.has(pathOf(each)))
  return told.map((each) => [pathOf(each), [fieldErrorIn(each)]])
}

function byField(entries: readonly FieldEntry[]): FieldErrors {
  const errors = new Map<string, FieldError[]>()
  for (const [field, each] of entries) errors.set(field, [...(errors.get(field) ?? []), ...each])
  return Object.fromEntries([...errors].filter(([, each]) => each.length > 0))
}
