import type { Context } from 'hono'
import type * as z from 'zod'
import { type Count, COUNTED_MATCHES, type Key, type PageRequest, type PageRows } from '../db/keyset.ts'
import { InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import type { AppEnv } from './app-env.ts'
import { openCursor, sealCursor } from './cursor.ts'
import { NUMBERED_ROWS, type PageQuery } from './page-query.ts'
import { publicUrl } from './public-url.ts'
import { searchOfPage } from './query-string.ts'

/** The content of a cursor. */
interface Cursor {
  count: [count: number, is_lower_bound: number]
  after?: Key
  back?: boolean
  skip?: number
}

/** One page of a list, as asked for by a URL, and the way to the pages beside it. */
export class Pager {
  readonly request: PageRequest
  readonly #c: Context<AppEnv>
  readonly #url: URL
  /** Identifies the list: its path, filters and ordering. */
  readonly #list: string

  /** Without an exact count, numbered pages end where counting does. */
  constructor(
    c: Context<AppEnv>,
    { page_size, cursor, page, ...filters }: z.infer<typeof PageQuery> & Record<string, unknown>,
    { isCountExact = true } = {},
  ) {
    this.#c = c
    this.#url = publicUrl(c)
    this.#list = JSON.stringify([this.#url.pathname.replace(/\/$/, ''), filters])
    const numberedRows = isCountExact ? NUMBERED_ROWS : COUNTED_MATCHES
    this.request = {
      size: page_size,
      backward: false,
      ...(cursor === undefined ? atPage(page ?? 1, page_size, numberedRows) : this.#at(cursor, page)),
    }
  }

  /** The JSON of a list with keyset paging: `keyOf` gives the values a row is sorted by, `toItem` its JSON. */
  keyed<Row, Item>({ rows, count }: PageRows<Row>, keyOf: (row: Row) => Key, toItem: (row: Row) => Item) {
    const { size, offset, after, backward } = this.request
    const shown = rows.slice(0, size)
    if (backward) shown.reverse()
    const first = shown[0]
    const last = shown.at(-1)
    const more = rows.length > size
    // Before an empty page there is nothing left: the next one is the first.
    const afterLast = last === undefined ? {} : { after: keyOf(last) }
    const hasNext = backward || more
    const hasPrevious = backward ? more : after !== undefined || offset > 0
    return this.#toList(
      shown.map(toItem),
      count,
      hasNext ? afterLast : undefined,
      hasPrevious && first !== undefined ? { after: keyOf(first), back: true } : undefined,
    )
  }

  /** The JSON of a list with numbered pages, which ends at COUNTED_MATCHES. */
  numbered<Row, Item>({ rows, count }: PageRows<Row>, toItem: (row: Row) => Item) {
    const { size, offset } = this.request
    const next = offset + size
    return this.#toList(
      rows.slice(0, Math.min(size, Math.max(0, COUNTED_MATCHES - offset))).map(toItem),
      count,
      rows.length > size && next < COUNTED_MATCHES ? { skip: next } : undefined,
      offset > 0 && rows.length > 0
        ? { skip: Math.max(0, Math.min(offset, COUNTED_MATCHES) - size) }
        : undefined,
    )
  }

  #toList<Item>(results: Item[], { count, is_lower_bound }: Count, next?: Step, previous?: Step) {
    const link = (step?: Step) => step && this.#link({ count: [count, is_lower_bound], ...step })
    return {
      count,
      ...(is_lower_bound ? { count_is_lower_bound: true } : {}),
      next: link(next) ?? null,
      previous: link(previous) ?? null,
      results,
    }
  }

  #link(cursor: Cursor): string {
    const { origin, pathname, searchParams } = this.#url
    const search = searchOfPage(searchParams, sealCursor(cursor, this.#list, this.#c.env))
    return `${origin}${pathname}?${search}`
  }

  #at(sealed: string, page: number | undefined) {
    if (page !== undefined)
      throw new InvalidRequest({ cursor: [fieldError('not_both', { fields: ['cursor', 'page'] })] })
    const cursor = openCursor(sealed, this.#list, this.#c.env) as Cursor | undefined
    if (!cursor) {
      throw new InvalidRequest({ cursor: [fieldError('not_cursor')] })
    }
    const [count, is_lower_bound] = cursor.count
    return {
      offset: cursor.skip ?? 0,
      after: cursor.after,
      backward: cursor.back ?? false,
      count: { count, is_lower_bound },
    }
  }
}

type Step = Omit<Cursor, 'count'>

function atPage(page: number, size: number, numberedRows: number) {
  const offset = (page - 1) * size
  if (offset >= numberedRows) {
    throw new InvalidRequest({ page: [fieldError('page_too_far', { rows: numberedRows })] })
  }
  return { offset }
}
