/** One page of a list. */
export interface Page<Item> {
  /** The number of items on all pages; a lower bound if `count_is_lower_bound`. */
  count: number
  count_is_lower_bound?: true
  next: string | null
  previous: string | null
  results: Item[]
}

/** A paged list, fetched as it is iterated: `for await (const product of shop.products.list())`. */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #read: (path: string) => Promise<Page<Item>>
  readonly #path: string

  constructor(path: string, read: (path: string) => Promise<Page<Item>>) {
    this.#path = path
    this.#read = read
  }

  /** Fetches the first page. */
  first(): Promise<Page<Item>> {
    return this.#read(this.#path)
  }

  /** Fetches the page after this one; undefined after the last. */
  async next({ next }: Page<Item>): Promise<Page<Item> | undefined> {
    return next === null ? undefined : this.#read(pathOf(next))
  }

  /** Iterates over the pages instead of the items. */
  async *pages(): AsyncGenerator<Page<Item>, void, void> {
    for (let page: Page<Item> | undefined = await this.first(); page; page = await this.next(page)) yield page
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for await (const { results } of this.pages()) yield* results
  }
}

/** Drops the origin: the shop may be reachable here by another origin than it knows itself. */
export function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}
