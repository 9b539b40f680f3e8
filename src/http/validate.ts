import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import type { AppEnv } from './app-env.ts'
import { AppError, InvalidRequest } from '../errors.ts'

/** The key under which a handler exposes what it validates; the OpenAPI document is generated from it. */
export const validates = Symbol('validates')

export interface Validated {
  target: 'json' | 'query' | 'param'
  schema: z.ZodType
  optional: boolean
}

/**
 * Wraps @hono/zod-validator with this API's errors: 400 with a message per field, 415 for a body that is not
 * JSON, 404 for an impossible id. `optional` bodies may be omitted. An empty query parameter counts as absent.
 */
export function validate<Schema extends z.ZodType, Target extends Validated['target']>(
  target: Target,
  schema: Schema,
  { optional = false } = {},
) {
  const validateTarget = zValidator(
    target,
    schema,
    (result) => {
      if (result.success) return
      if (target === 'param') throw new AppError('not_found', 'There is nothing here.')
      throw new InvalidRequest(messagesOf(result.error.issues))
    },
    {
      // `as never`: the validator declares the result without exactOptionalPropertyTypes.
      validationFunction: (_, value) =>
        schema.safeParse(target === 'query' ? withoutEmpty(value) : value, { error: wordIssue }) as never,
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
  const [type, ...parameters] = (c.req.header('Content-Type') ?? '').toLowerCase().split(';')
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='))
  if (type!.trim() !== 'application/json' || !/^charset="?utf-?8"?$/.test(charset ?? 'charset=utf-8')) {
    throw new AppError('unsupported_media_type', 'Send the body as Content-Type: application/json.')
  }
  if (body.byteLength === 0) throw new InvalidRequest({ '': ['The body is missing: send a JSON object.'] })
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body)
  } catch {
    throw new InvalidRequest({ '': ['The body is not UTF-8.'] })
  }
  return true
}

function withoutEmpty(query: object): object {
  return Object.fromEntries(
    Object.entries(query)
      .map(([name, value]) => [name, [value].flat().filter((each) => each !== '')] as const)
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
}

/** Messages for missing and mistyped values, instead of zod's. Other messages are defined with their fields. */
function wordIssue({ code, input, expected, path }: z.core.$ZodRawIssue): string | undefined {
  if (input === undefined) return 'This field is required.'
  if (code !== 'invalid_type') return undefined
  if (path?.length === 0) return 'The body must be a JSON object.'
  if (Array.isArray(input)) return 'Must be a single value, not a list.'
  return expected === 'string'
    ? 'Must be text.'
    : expected === 'object'
      ? 'Must be a JSON object.'
      : undefined
}

function messagesOf(issues: readonly z.core.$ZodIssue[]): Record<string, string[]> {
  const messages: Record<string, string[]> = {}
  for (const { path, message } of issues) (messages[path.join('.')] ??= []).push(message)
  return messages
}
