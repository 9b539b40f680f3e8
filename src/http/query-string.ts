import { type FieldError, fieldError } from '../field-errors.ts'

/** At most this many unknown parameters are named: an answer must not be much longer than its request. */
const MAX_NAMED = 10

/** `category[]` and `category[0]`, as some clients write a list, are `category`. */
function parameterOf(name: string): string {
  return name.replace(/(?<=.)\[\d*\]$/, '')
}

/** The parameters of a query by name. One that is empty was not given; of one value, it is that value. */
export function valuesOf(query: Record<string, string | string[]>): Record<string, string | string[]> {
  const values = new Map<string, string[]>()
  for (const [name, given] of Object.entries(query)) {
    const filled = [given].flat().filter((value) => value !== '')
    if (filled.length > 0)
      values.set(parameterOf(name), [...(values.get(parameterOf(name)) ?? []), ...filled])
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0]! : all]))
}

/** An error for each parameter of this URL that is not one of those known, under the name that was sent. */
export function unknownParameters(url: string, known: readonly string[]): [name: string, FieldError[]][] {
  if (!url.includes('?')) return []
  const names = new Set(new URL(url).searchParams.keys())
  return [...names]
    .filter((name) => !known.includes(parameterOf(name)))
    .slice(0, MAX_NAMED)
    .map((name) => [name, [fieldError('unknown_parameter', { known })]])
}

/** The query of a link to another page of a list: the filters as they were sent, and this cursor. */
export function searchOfPage(query: URLSearchParams, cursor: string): string {
  const filters = [...query]
    .map(([name, value]) => [parameterOf(name), value])
    .filter(([name]) => name !== 'page' && name !== 'cursor')
  return new URLSearchParams([...filters, ['cursor', cursor]]).toString()
}
