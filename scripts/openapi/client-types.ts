import type { openApiDocument } from './document.ts'

/** The part of JSON Schema that zod writes. */
interface JsonSchema {
  $ref?: string
  type?: string | string[]
  description?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  enum?: unknown[]
  const?: unknown
  not?: object
}

interface Operation {
  operationId: string
  parameters: { in: string; name: string; required?: boolean; description?: string; schema: JsonSchema }[]
  requestBody?: { content: { 'application/json'?: { schema: JsonSchema } } }
}

/** Not in the types of queries: a Listing of the client requests the pages itself. */
const PAGING = ['page_size', 'cursor', 'page']

const HEAD = '// The types of the API, from its OpenAPI document. `npm run openapi` writes this file.\n'

/**
 * The types of the client, as a TypeScript module: one for each schema except lists, and for the body and the query
 * of each operation. What is optional in a request may also be undefined.
 */
export function clientTypes({ components, paths }: ReturnType<typeof openApiDocument>): string {
  const { Problem, ...schemas } = components.schemas as Record<string, JsonSchema>
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods) as Operation[])
  return [
    HEAD,
    ...Object.entries(schemas)
      .filter(([name]) => !name.endsWith('List'))
      .map(([name, schema]) => declare(name, schema, '')),
    declare('ErrorCode', Problem!.properties!['code']!, ''),
    ...operations.flatMap(({ operationId, parameters, requestBody }) => {
      const name = operationId.replace(/^./, (first) => first.toUpperCase())
      const query = parameters.filter((each) => each.in === 'query' && !PAGING.includes(each.name))
      const body = requestBody?.content['application/json']
      return [
        ...(body ? [declare(`${name}Body`, body.schema, UNDEFINED)] : []),
        ...(query.length > 0 ? [declare(`${name}Query`, objectOf(query), UNDEFINED)] : []),
      ]
    }),
  ].join('\n')
}

const UNDEFINED = ' | undefined'

function objectOf(parameters: Operation['parameters']): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      parameters.map(({ name, description, schema }) => [
        name,
        { ...schema, ...(description === undefined ? {} : { description }) },
      ]),
    ),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  }
}

function declare(name: string, schema: JsonSchema, absent: string): string {
  const type = typeOf(schema, absent, '')
  const text = schema.properties ? `interface ${name} ${type}` : `type ${name} = ${type}`
  return `${comment(schema.description, '')}export ${text}\n`
}

/** `absent` is added to the types of optional fields. */
function typeOf(schema: JsonSchema, absent: string, indent: string): string {
  const { $ref, type, properties, additionalProperties, items, oneOf, anyOf = oneOf } = schema
  if ($ref !== undefined) return $ref.split('/').at(-1)!
  if ('const' in schema) return literal(schema.const)
  if (schema.enum) return schema.enum.map(literal).join(' | ')
  if (anyOf) return anyOf.map((each) => typeOf(each, absent, indent)).join(' | ')
  if (Array.isArray(type)) return type.join(' | ')
  if (type === 'array') {
    const item = typeOf(items!, absent, indent)
    const isUnion = item.includes(' | ') && (!item.startsWith('{') || (items!.anyOf ?? items!.oneOf))
    return isUnion ? `(${item})[]` : `${item}[]`
  }
  if (type === 'integer') return 'number'
  if (type === undefined) return 'unknown'
  if (type !== 'object') return type
  if (!properties) return `Record<string, ${typeOf(additionalProperties as JsonSchema, absent, indent)}>`
  const inner = `${indent}  `
  const lines = Object.entries(properties)
    .filter(([, property]) => !property.not)
    .map(([name, property]) => {
      const isRequired = schema.required?.includes(name)
      const value = typeOf(property, absent, inner)
      const key = `${inner}${name}${isRequired ? '' : '?'}: ${value}${isRequired ? '' : absent}`
      return `${comment(property.description, inner)}${key}\n`
    })
  return `{\n${lines.join('')}${indent}}`
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

function comment(description: string | undefined, indent: string): string {
  return description === undefined ? '' : `${indent}/** ${description} */\n`
}
