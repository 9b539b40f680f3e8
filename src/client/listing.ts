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

  async *pages(): AsyncGenerator<Page<Item>, void, void> {
    for (let path: string | undefined = this.#path; path !== undefined;) {
      const page: Page<Item> = await this.#read(path)
      yield page
      path = pathOf(page.next)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for await (const { results } of this.pages()) yield* results
  }
}

/** Without its origin, since the shop may know itself by another name than we do. */
export function pathOf(url: string | null): string | undefined {
  if (url === null) return undefined
  const { pathname, search } = new URL(url)
  return pathname + search
}
