import type { Context, MiddlewareHandler } from 'hono'
import { type Bookmark, toBookmark } from '../db/d1-session.ts'
import type { AppEnv } from './app-env.ts'

/**
 * `X-D1-Bookmark`: a customer who returns the bookmark of the last response reads from the nearest replica that
 * has everything they have seen and written. Invalid bookmarks are ignored.
 */
const HEADER = 'X-D1-Bookmark'

export function bookmarkOf(c: Context<AppEnv>): Bookmark | undefined {
  return toBookmark(c.req.header(HEADER) ?? '')
}

export const returnBookmark: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  const { bookmark } = c.var.db
  if (bookmark !== undefined) c.res.headers.set(HEADER, bookmark)
}
