/** One page of a list. */
export interface Page<Item> {
  /** Of all pages; a lower bound when it says so. */
  count: number
  count_is_lower_bound?: true
  next: string | null
  previous: string | null
  results: Item[]
}

/** A list of the shop, read as it is walked: `for await (const product of shop.products.list())`. */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #read: (path: string) => Promise<Page<Item>>
  readonly #path: string

  constructor(path: string, read: (path: string) => Promise<Page<Item>>) {
    this.#path = path
    this.#read = read
  }

  first(): Promise<Page<Item>> {
    return this.#read(this.#path)
  }

  /** The page behind this one; undefined after the last. */
  async next({ next }: Page<Item>): Promise<Page<Item> | undefined> {
    return next === null ? undefined : this.#read(pathOf(next))
  }

  async *pages(): AsyncGenerator<Page<Item>, void, void> {
    for (let page: Page<Item> | undefined = await this.first(); page; page = await this.next(page)) yield page
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for await (const { results } of this.pages()) yield* results
  }
}

/** Without its origin, since the shop may know itself by another name than we do. */
export function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}
