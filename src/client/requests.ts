import type { CallOptions, Connection } from './connection.ts'
import { newKey } from './key.ts'
import { Listing } from './listing.ts'

export interface WriteOptions extends CallOptions {
  /** The Idempotency-Key; by default a new one for each call. Reuse a key to repeat an earlier call safely. */
  key?: string
}

export interface EditOptions extends CallOptions {
  /**
   * `shop.etagOf` of the resource that was read. The call fails with `precondition_failed` if the resource has changed
   * since. With it, the edits of categories and delivery options and `updatePicture` are retried after 429 only,
   * because a repeat would conflict with the first attempt: after `unreachable` the edit may have taken effect or not.
   * `products.replace` and `products.update` have a key, so they are retried as usual.
   */
  ifMatch?: string | undefined
}

export interface ListOptions extends CallOptions {
  /** Results on a page, 10 by default, 100 at most. */
  page_size?: number | string
}

type Parameter = string | number | boolean | undefined

/** A query as the end of a URL; what is undefined is left out. */
export function searchOf(query: object): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries<Parameter | Parameter[]>(query as never)) {
    for (const each of [value].flat()) if (each !== undefined) search.append(name, String(each))
  }
  return `?${search.toString()}`
}

/** The kinds of requests that the methods of a client send. */
export function requestsOf(shop: Connection) {
  const get = <Body>(path: string, options: CallOptions = {}) => shop.send<Body>('GET', path, options)

  function list<Item>(
    path: string,
    { signal, ...query }: object & CallOptions = {},
    { isPublic = false } = {},
  ): Listing<Item> {
    return new Listing(path + searchOf(query), (page) => shop.send('GET', page, { signal, isPublic }))
  }

  const create = <Body>(
    path: string,
    body: object | undefined,
    { key = newKey(), signal, ifMatch }: WriteOptions & EditOptions = {},
    { isPublic = false } = {},
  ) => shop.send<Body>('POST', path, { body, key, signal, ifMatch, isPublic })

  /**
   * Needs a key only if a repeat would take effect again. With `ifMatch` and no key it is repeated only if the first
   * attempt has certainly not taken effect: otherwise the two could conflict.
   */
  const change = <Body>(
    method: string,
    path: string,
    body: object | undefined,
    { ifMatch, signal, key }: EditOptions & WriteOptions = {},
  ) => {
    const retryAfter = ifMatch && !key ? [429] : undefined
    return shop.send<Body>(method, path, { body, ifMatch, signal, key, retryAfter })
  }

  /** Is not retried: no key protects the shop from a repeat. */
  const postWithoutRetry = <Body>(path: string, body: object | undefined, { signal }: CallOptions = {}) =>
    shop.send<Body>('POST', path, { body, signal, retryAfter: [] })

  const remove = (path: string, options: EditOptions = {}) => shop.send<void>('DELETE', path, options)

  return { get, list, create, change, postWithoutRetry, remove }
}
