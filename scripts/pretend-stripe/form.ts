import type { Schema } from '@cfworker/json-schema'

/** A decoded form: Stripe's requests carry nested parameters as `line_items[0][price_data][currency]=eur`. */
export type Value = string | number | boolean | Value[] | { [key: string]: Value }
export type Values = { [key: string]: Value }

/** Decodes a form into nested objects of strings. An array is an object with the keys 0, 1, … until `typed`. */
export function decodeForm(form: string): Values {
  const root: Values = {}
  for (const [name, value] of new URLSearchParams(form)) {
    const keys = name.replaceAll(']', '').split('[')
    let holder = root
    for (const key of keys.slice(0, -1)) holder = (holder[key] ??= {}) as Values
    const last = keys.at(-1)!
    holder[last === '' ? Object.keys(holder).length : last] = value
  }
  return root
}

/** Gives a decoded form the types of its schema: numbers, booleans and arrays instead of strings and objects. */
export function typed(value: Value, schema: Schema, root: Schema): Value {
  const options = alternatives(schema, root)
  if (typeof value === 'string') return typedText(value, options)
  const items = options.find((option) => option.items !== undefined)?.items as Schema | undefined
  if (items) return Object.values(value).map((each) => typed(each, items, root))
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, typed(each, schemaOf(key, options), root)]),
  )
}

function typedText(text: string, options: Schema[]): Value {
  const accepts = (type: string) => (option: Schema) => [option.type].flat().includes(type as 'string')
  const isText = (option: Schema) =>
    accepts('string')(option) && (option.const === undefined || option.const === text)
  if (options.some(isText)) return text
  if (options.some(accepts('boolean')) && /^(true|false)$/.test(text)) return text === 'true'
  return options.some(accepts('number')) && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function schemaOf(key: string, options: Schema[]): Schema {
  const found = options.map(
    ({ properties, additionalProperties }) => properties?.[key] ?? additionalProperties,
  )
  return found.find((each): each is Schema => typeof each === 'object') ?? {}
}

/** A schema without references, as the list of what it allows. */
function alternatives(schema: Schema, root: Schema): Schema[] {
  if (schema.$ref !== undefined) {
    const name = decodeURIComponent(schema.$ref.replace('#/definitions/', ''))
    return alternatives((root.definitions as Record<string, Schema>)[name]!, root)
  }
  return schema.anyOf?.flatMap((each) => alternatives(each, root)) ?? [schema]
}
