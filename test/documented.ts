import { type Schema, Validator } from '@cfworker/json-schema'
import document from '../public/openapi.json'

interface Documented {
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

const paths = Object.entries(document.paths as unknown as Record<string, Record<string, Documented>>).map(
  ([template, operations]) => ({ template, pattern: toPattern(template), operations }),
)

const components = closed(document.components)
const validators = new Map<Schema, Validator>()

/** Throws if the OpenAPI document lacks this status for this route, or lacks a field of the body. */
export function expectDocumented(
  method: string,
  path: string,
  { status, headers, body }: { status: number; headers: Headers; body: unknown },
): void {
  const operation = operationFor(method, path)
  if (!operation) return // no such route: 404, 405
  const response = operation.responses[status]
  if (!response)
    throw new Error(`${method} ${path} answered ${status}, which is not documented: ${JSON.stringify(body)}`)
  if (method === 'HEAD' || body === undefined) return
  const type = (headers.get('Content-Type') ?? '').split(';')[0]!
  const schema = response.content?.[type]?.schema
  if (!schema) throw new Error(`${method} ${path} answered ${status} as ${type}, which is not documented`)
  const { valid, errors } = validatorFor(schema).validate(body)
  if (!valid)
    throw new Error(
      `${method} ${path} answered ${status} with a body unlike the document: ${JSON.stringify(errors)}`,
    )
}

export function operationFor(method: string, path: string): Documented | undefined {
  const withSlash = path.endsWith('/') ? path : `${path}/`
  // A literal path wins over one with a parameter.
  const { operations } =
    paths.find(({ template }) => template === withSlash) ??
    paths.find(({ pattern }) => pattern.test(withSlash) || pattern.test(path)) ??
    {}
  return operations?.[method === 'HEAD' ? 'get' : method.toLowerCase()]
}

function validatorFor(schema: Schema): Validator {
  const known = validators.get(schema)
  if (known) return known
  const validator = new Validator({ ...closed(schema), components }, '2020-12', false)
  validators.set(schema, validator)
  return validator
}

/** Excludes undocumented fields, which the document leaves open for later versions. */
function closed<Node>(node: Node): Node {
  if (typeof node !== 'object' || node === null) return node
  const copy = Array.isArray(node)
    ? node.map(closed)
    : Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]))
  return ('properties' in node ? { additionalProperties: false, ...copy } : copy) as Node
}

function toPattern(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
