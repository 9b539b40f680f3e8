import { hash } from 'node:crypto'
import type { Context } from 'hono'
import { InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import type { AppEnv } from './app-env.ts'

/**
 * Conditional requests (RFC 9110, section 13). The ETag of a single resource is `"version-second"`: the first
 * part changes with edits by staff, the second with other data in the response (stock, a count). The ETag of a
 * list is a hash of its JSON.
 */
export type Version = readonly [version: number, second: number]

export function toETag([version, second]: Version): string {
  return `"${version}-${second}"`
}

/**
 * The versions that `If-Match` allows an edit to replace: `any` without the header or with `*`. Weak ETags count
 * as well, because Cloudflare weakens ETags when it compresses. A header that names no version is refused, so that
 * a client which lost its ETag does not edit unconditionally. The runtime drops an empty header before the Worker
 * sees it.
 */
export type Expected = 'any' | readonly string[]

export function expectedVersion(c: Context<AppEnv>): Expected {
  const header = c.req.header('If-Match')
  if (header === undefined || header.trim() === '*') return 'any'
  const tags = tagsOf(header)
  if (tags.length === 0) throw new InvalidRequest({ 'If-Match': [fieldError('not_etag')] })
  return tags
}

/** Responds with JSON and its ETag, or with 304 if the client already has it. */
export function jsonWithTag(
  c: Context<AppEnv>,
  body: object,
  { version, headers = {} }: { version?: Version; headers?: Record<string, string> } = {},
): Response {
  const text = JSON.stringify(body)
  const tag = version ? toETag(version) : `"${hash('sha1', text, 'base64url')}"`
  const tagged = { ...headers, ETag: tag }
  const known = c.req.header('If-None-Match')
  if (known !== undefined && (known.trim() === '*' || tagsOf(known).includes(tag.slice(1, -1))))
    return c.body(null, 304, tagged)
  return c.body(text, 200, { ...tagged, 'Content-Type': 'application/json' })
}

function tagsOf(header: string): string[] {
  return [...header.matchAll(/(?:W\/)?"([^"]*)"/g)].map(([, tag]) => tag!)
}
