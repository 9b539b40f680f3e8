import { hash } from 'node:crypto'
import type { Context } from 'hono'
import type { AppEnv } from './app-env.ts'

/**
 * Conditional requests (RFC 9110, section 13). The tag of one thing is `"version-second"`: the first
 * part moves with edits by staff, the second with what else the answer shows (stock, a count). That of
 * a list is a hash of it.
 */
export type Version = readonly [version: number, second: number]

export function toETag([version, second]: Version): string {
  return `"${version}-${second}"`
}

/**
 * What `If-Match` lets an edit find: `any` without the header or with `*`, else the versions it names.
 * A weak tag counts as well: Cloudflare weakens tags when it compresses.
 */
export type Expected = 'any' | readonly string[]

export function expectedVersion(c: Context<AppEnv>): Expected {
  const header = c.req.header('If-Match')
  return header === undefined || header.trim() === '*' ? 'any' : tagsOf(header)
}

/** The JSON with its tag, or 304 when the client has it already. */
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
