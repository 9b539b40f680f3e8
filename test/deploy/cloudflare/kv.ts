import { randomUUID } from 'node:crypto'
import { jsonOf, page, Refusal, type Routes } from './api.ts'

/** KV namespaces; their contents are not modelled. */
export class Kv {
  readonly #titles = new Map<string, string>()

  readonly routes: Routes = {
    'GET /accounts/:account/storage/kv/namespaces': ({ query }) =>
      page(
        [...this.#titles].map(([id, title]) => ({ id, title })),
        query,
      ),
    'POST /accounts/:account/storage/kv/namespaces': (call) => {
      const { title } = jsonOf(call) as { title: string }
      if (this.titles.includes(title)) {
        throw new Refusal(400, 10014, 'a namespace with this account ID and title already exists')
      }
      return { id: this.create(title), title }
    },
  }

  get titles(): string[] {
    return [...this.#titles.values()]
  }

  create(title: string): string {
    const id = randomUUID().replaceAll('-', '')
    this.#titles.set(id, title)
    return id
  }

  has(id: unknown): boolean {
    return this.#titles.has(String(id))
  }
}
