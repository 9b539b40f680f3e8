import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import * as z from 'zod'
import { type Count, COUNTED_MATCHES, type Key, type PageRequest, type PageRows } from '../db/keyset.ts'
import { InvalidRequest } from '../errors.ts'
import { NUMBERED_ROWS, type PageQuery } from './page-query.ts'

/** What a cursor holds. The hash ties it to the filters and the ordering it was made for. */
const Cursor = z.object({
  of: z.string(),
  count: z.tuple([z.int().min(0), z.int().min(0).max(1)]),
  after: z.tuple([z.union([z.string(), z.int()]), z.int()]).optional(),
  back: z.boolean().optional(),
  skip: z.int().min(0).max(COUNTED_MATCHES).optional(),
})

/** One page of a list, as asked for by a URL, and the way to the pages beside it. */
export class Pager {
  readonly request: PageRequest
  readonly #url: URL
  readonly #of: string

  constructor(
    url: string,
    { page_size, cursor, page, ...filters }: z.infer<typeof PageQuery> & Record<string, unknown>,
  ) {
    this.#url = new URL(url)
    this.#of = hash(
      'sha256',
      JSON.stringify([this.#url.pathname.replace(/\/$/, ''), filters]),
      'base64url',
    ).slice(0, 16)
    this.request = {
      size: page_size,
      backward: false,
      ...(cursor === undefined ? atPage(page ?? 1, page_size) : this.#at(cursor, page)),
    }
  }

  /** The list shape, keyset-paged: `keyOf` gives the values a row is sorted by, `toItem` its JSON. */
  keyed<Row, Item>({ rows, count }: PageRows<Row>, keyOf: (row: Row) => Key, toItem: (row: Row) => Item) {
    const { size, offset, after, backward } = this.request
    const shown = rows.slice(0, size)
    if (backward) shown.reverse()
    const first = shown[0]
    const last = shown.at(-1)
    const more = rows.length > size
    const sortKeyOf = (row: Row): [string | number, number] => [...keyOf(row)]
    const hasNext = backward || more
    const hasPrevious = backward ? more : after !== undefined || offset > 0
    return this.#list(
      shown.map(toItem),
      count,
      hasNext && last !== undefined ? { after: sortKeyOf(last) } : undefined,
      hasPrevious && first !== undefined ? { after: sortKeyOf(first), back: true } : undefined,
    )
  }

  /** The list shape for ranked results, whose pages have numbers and end at COUNTED_MATCHES. */
  numbered<Row, Item>({ rows, count }: PageRows<Row>, toItem: (row: Row) => Item) {
    const { size, offset } = this.request
    const next = offset + size
    return this.#list(
      rows.slice(0, Math.min(size, Math.max(0, COUNTED_MATCHES - offset))).map(toItem),
      count,
      rows.length > size && next < COUNTED_MATCHES ? { skip: next } : undefined,
      offset > 0 && rows.length > 0
        ? { skip: Math.max(0, Math.min(offset, COUNTED_MATCHES) - size) }
        : undefined,
    )
  }

  #list<Item>(results: Item[], { count, is_lower_bound }: Count, next?: Step, previous?: Step) {
    const link = (step?: Step) =>
      step && this.#link({ of: this.#of, count: [count, is_lower_bound], ...step })
    return {
      count,
      ...(is_lower_bound ? { count_is_lower_bound: true } : {}),
      next: link(next) ?? null,
      previous: link(previous) ?? null,
      results,
    }
  }

  #link(cursor: z.infer<typeof Cursor>): string {
    const link = new URL(this.#url)
    link.searchParams.delete('page')
    link.searchParams.set('cursor', Buffer.from(JSON.stringify(cursor)).toString('base64url'))
    return link.href
  }

  #at(encoded: string, page: number | undefined) {
    if (page !== undefined) throw new InvalidRequest({ cursor: ['Give either cursor or page.'] })
    const cursor = Cursor.safeParse(parsed(encoded)).data
    if (!cursor) throw new InvalidRequest({ cursor: ['This is not a cursor of this list.'] })
    if (cursor.of !== this.#of) {
      throw new InvalidRequest({ cursor: ['This cursor belongs to other filters or another ordering.'] })
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

type Step = Pick<z.infer<typeof Cursor>, 'after' | 'back' | 'skip'>

function atPage(page: number, size: number) {
  const offset = (page - 1) * size
  if (offset >= NUMBERED_ROWS) {
    throw new InvalidRequest({
      page: [`Numbered pages end at row ${NUMBERED_ROWS}. Follow next from there.`],
    })
  }
  return { offset }
}

function parsed(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, 'base64url').toString())
  } catch {
    return undefined
  }
}
